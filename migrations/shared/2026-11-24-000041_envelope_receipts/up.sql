ALTER TABLE envelopes ADD COLUMN receipt_id TEXT;
UPDATE envelopes SET receipt_id = (
  SELECT MIN(receipts.id) FROM receipts
  WHERE receipts.application_id = envelopes.application_id
    AND CASE WHEN envelopes.part = 'quality' THEN receipts.quality_sha256 ELSE receipts.price_sha256 END = envelopes.sha256
);
CREATE INDEX applications_by_applicant ON applications (call_id, organisation_id, id);
