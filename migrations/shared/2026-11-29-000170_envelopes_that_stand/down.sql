DROP INDEX envelopes_by_application;
ALTER TABLE envelopes ADD COLUMN superseded_at TIMESTAMP;
UPDATE envelopes SET superseded_at = sealed_at WHERE EXISTS (
  SELECT 1 FROM receipts own INNER JOIN applications whose ON whose.id = own.application_id
  WHERE own.id = envelopes.receipt_id AND own.application_id = envelopes.application_id
    AND (whose.state = 'withdrawn' OR EXISTS (
      SELECT 1 FROM receipts later WHERE later.application_id = own.application_id
        AND (later.received_at > own.received_at OR (later.received_at = own.received_at AND later.id > own.id)))));
CREATE INDEX envelopes_live ON envelopes (application_id, part) WHERE superseded_at IS NULL;
