CREATE TABLE award_challenges (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  award_id TEXT NOT NULL REFERENCES awards(id),
  kind TEXT NOT NULL CHECK (kind IN ('claim','complaint')),
  notified_at TIMESTAMP NOT NULL,
  note TEXT NOT NULL,
  suspends BOOLEAN NOT NULL,
  recorded_by TEXT NOT NULL REFERENCES accounts(id),
  ended_at TIMESTAMP,
  ended_note TEXT
);
CREATE INDEX award_challenges_by_award ON award_challenges (award_id, notified_at);
