-- What members of a committee say about a recommended investment.
CREATE TABLE committee_votes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  award_id TEXT NOT NULL REFERENCES awards(id),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  stance TEXT NOT NULL CHECK (stance IN ('for','against','recused')),
  reason TEXT NOT NULL,
  voted_at TIMESTAMP NOT NULL,
  UNIQUE (award_id, account_id)
);
