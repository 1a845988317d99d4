-- Why a change of a running loan was declined: who proposed it reads it.
ALTER TABLE investment_restructurings ADD COLUMN decline_reason TEXT;
-- An investment of which nothing was paid out is cancelled: proposed by one person, decided by another.
CREATE TABLE investment_cancellations (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed','approved','declined')),
  decline_reason TEXT,
  proposed_by TEXT NOT NULL REFERENCES accounts(id),
  proposed_at TIMESTAMP NOT NULL,
  decided_by TEXT REFERENCES accounts(id),
  decided_at TIMESTAMP,
  CHECK (decided_by IS NULL OR decided_by <> proposed_by),
  CHECK ((state = 'proposed') = (decided_by IS NULL))
);
CREATE UNIQUE INDEX investment_cancellations_one_open ON investment_cancellations (investment_id) WHERE state = 'proposed';
CREATE INDEX investment_cancellations_by_investment ON investment_cancellations (investment_id, id);
