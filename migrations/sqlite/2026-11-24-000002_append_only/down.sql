DROP TRIGGER audit_rows_no_update;
DROP TRIGGER audit_rows_no_delete;
DROP TRIGGER audit_links_no_update;
DROP TRIGGER audit_links_no_delete;
DROP TRIGGER audit_checkpoints_no_update;
DROP TRIGGER audit_checkpoints_no_delete;
DROP TRIGGER ledger_transfers_no_update;
DROP TRIGGER ledger_transfers_no_delete;
