CREATE TABLE call_acknowledgements (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  model_hash TEXT NOT NULL CHECK (length(model_hash) = 64),
  expected_price BIGINT NOT NULL,
  seed BIGINT NOT NULL,
  fields BIGINT NOT NULL,
  bids BIGINT NOT NULL,
  warnings TEXT NOT NULL,
  acknowledged_at TIMESTAMP NOT NULL,
  acknowledged_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX call_acknowledgements_by_call ON call_acknowledgements (call_id, acknowledged_at, id);
ALTER TABLE call_versions ADD COLUMN acknowledgement_id TEXT REFERENCES call_acknowledgements(id);
