DROP INDEX audit_rows_by_actor;
DROP INDEX audit_rows_by_kind;
