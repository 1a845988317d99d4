DROP TRIGGER receipts_append_only ON receipts;
