-- The trail is read by kind of thing and by person, each newest first.
CREATE INDEX audit_rows_by_kind ON audit_rows (authority_id, subject_kind, at, id);
CREATE INDEX audit_rows_by_actor ON audit_rows (authority_id, actor, at, id);
