DROP TRIGGER audit_rows_append_only ON audit_rows;
DROP TRIGGER audit_links_append_only ON audit_links;
DROP TRIGGER audit_checkpoints_append_only ON audit_checkpoints;
DROP TRIGGER ledger_transfers_append_only ON ledger_transfers;
DROP FUNCTION refuse_change();
