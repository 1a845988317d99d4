DROP TRIGGER receipts_no_update;
DROP TRIGGER receipts_no_delete;
