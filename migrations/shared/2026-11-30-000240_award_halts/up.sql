-- Why an award does not go on: its bidder gave notice that it withdraws before the contract was signed, an officer noted
-- such a notice from a message that came another way, or a recommendation was taken back that its recommender may not
-- complete.
CREATE TABLE award_halts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  award_id TEXT NOT NULL REFERENCES awards(id),
  kind TEXT NOT NULL CHECK (kind IN ('withdrawal','taken_back')),
  reason TEXT NOT NULL,
  message TEXT,
  said_at TIMESTAMP NOT NULL,
  said_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE UNIQUE INDEX award_halts_once ON award_halts (award_id);
CREATE INDEX award_halts_by_authority ON award_halts (authority_id, kind, said_at);
