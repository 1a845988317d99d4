-- What residents vote on in one call. The newest counts: another follows only when too few voted in the one before.
CREATE TABLE resident_votes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  criterion TEXT NOT NULL,
  choices TEXT NOT NULL,
  opens_at TIMESTAMP NOT NULL,
  closes_at TIMESTAMP NOT NULL,
  set_at TIMESTAMP NOT NULL,
  set_by TEXT NOT NULL REFERENCES accounts(id),
  closed_at TIMESTAMP,
  tally TEXT,
  ballots_hash TEXT,
  CHECK (opens_at < closes_at)
);
CREATE INDEX resident_votes_by_call ON resident_votes (call_id, set_at, id);
-- The roll: who may vote and whether they did. It holds no instant of a vote and nothing that leads to a ballot.
CREATE TABLE resident_roll (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  vote_id TEXT NOT NULL REFERENCES resident_votes(id),
  email TEXT NOT NULL CHECK (email = lower(email)),
  token_hash TEXT NOT NULL UNIQUE,
  added_at TIMESTAMP NOT NULL,
  added_by TEXT NOT NULL REFERENCES accounts(id),
  voted BOOLEAN NOT NULL,
  UNIQUE (vote_id, email)
);
