CREATE TABLE fallen_bids (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL UNIQUE REFERENCES applications(id),
  ground TEXT NOT NULL CHECK (ground IN ('withdrawn','excluded_supplier','debarred','breach')),
  reason TEXT NOT NULL,
  fell_at TIMESTAMP NOT NULL,
  recorded_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX fallen_bids_by_call ON fallen_bids (call_id, fell_at, id);
CREATE TABLE rerankings (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  before_id TEXT NOT NULL REFERENCES rankings(id),
  after_id TEXT NOT NULL UNIQUE REFERENCES rankings(id),
  made_at TIMESTAMP NOT NULL,
  made_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX rerankings_by_call ON rerankings (call_id, made_at, id);
