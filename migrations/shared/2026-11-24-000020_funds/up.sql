CREATE TABLE funds (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  name TEXT NOT NULL,
  mandate TEXT NOT NULL,
  borrowing_rate TEXT,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT REFERENCES accounts(id),
  UNIQUE (authority_id, name)
);
CREATE TABLE fund_commitments (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  fund_id TEXT NOT NULL REFERENCES funds(id),
  amount BIGINT NOT NULL CHECK (amount > 0),
  committed_on DATE NOT NULL,
  source TEXT NOT NULL,
  made_by TEXT REFERENCES accounts(id),
  made_at TIMESTAMP NOT NULL,
  UNIQUE (fund_id, source)
);
CREATE INDEX fund_commitments_by_fund ON fund_commitments (fund_id, committed_on, id);
