-- Suppliers that went on to the second stage of a tender.
CREATE TABLE call_shortlisted (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  invited_at TIMESTAMP NOT NULL,
  invited_by TEXT NOT NULL REFERENCES accounts(id),
  UNIQUE (call_id, organisation_id)
);
-- Shortlists of first stages: proposed by one officer, confirmed or sent back by another.
CREATE TABLE shortlists (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  ranking_id TEXT NOT NULL REFERENCES rankings(id),
  dates TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('proposed','confirmed','returned')),
  proposed_at TIMESTAMP NOT NULL,
  proposed_by TEXT NOT NULL REFERENCES accounts(id),
  decided_at TIMESTAMP,
  decided_by TEXT REFERENCES accounts(id),
  note TEXT
);
CREATE INDEX shortlists_by_call ON shortlists (call_id, proposed_at, id);
-- One proposal waits at a time, and one is confirmed for ever.
CREATE UNIQUE INDEX shortlists_one_of_each ON shortlists (call_id, outcome) WHERE outcome <> 'returned';
