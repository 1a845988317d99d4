DROP INDEX applications_by_applicant;
ALTER TABLE envelopes DROP COLUMN receipt_id;
