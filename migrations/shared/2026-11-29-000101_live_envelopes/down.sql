DROP INDEX envelopes_live;
CREATE INDEX envelopes_by_application ON envelopes (application_id, part);
