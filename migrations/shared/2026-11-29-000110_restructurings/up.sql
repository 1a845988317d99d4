CREATE TABLE investment_restructurings (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  from_on DATE NOT NULL,
  asked TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed','approved','declined')),
  agreed TEXT,
  proposed_by TEXT NOT NULL REFERENCES accounts(id),
  proposed_at TIMESTAMP NOT NULL,
  decided_by TEXT REFERENCES accounts(id),
  decided_at TIMESTAMP,
  CHECK (decided_by IS NULL OR decided_by <> proposed_by),
  CHECK ((state = 'approved') = (agreed IS NOT NULL))
);
CREATE UNIQUE INDEX investment_restructurings_one_open ON investment_restructurings (investment_id) WHERE state = 'proposed';
CREATE INDEX investment_restructurings_by_investment ON investment_restructurings (investment_id, id);
