CREATE TABLE conditions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT REFERENCES missions(id),
  title TEXT NOT NULL,
  behaviour TEXT NOT NULL CHECK (behaviour IN ('access','directionality','profit_sharing','reinvestment')),
  version BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX conditions_by_authority ON conditions (authority_id, created_at, id);
CREATE TABLE condition_versions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  condition_id TEXT NOT NULL REFERENCES conditions(id),
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  depends_on TEXT NOT NULL,
  warnings TEXT NOT NULL,
  reason TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  made_by TEXT NOT NULL REFERENCES accounts(id),
  UNIQUE (condition_id, version)
);
CREATE TABLE condition_exceptions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  condition_id TEXT NOT NULL REFERENCES conditions(id),
  version BIGINT NOT NULL,
  grounds TEXT NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  recorded_by TEXT NOT NULL REFERENCES accounts(id),
  UNIQUE (condition_id, version)
);
