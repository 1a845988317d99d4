DROP INDEX receipts_by_application;
CREATE INDEX receipts_by_application ON receipts (application_id, received_at);
