CREATE TABLE calls (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tender','round')),
  reference TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('draft','awaiting_notice','open','closed','withdrawn')),
  version BIGINT NOT NULL,
  terms TEXT NOT NULL,
  terms_hash TEXT,
  amount BIGINT NOT NULL DEFAULT 0,
  deadline_at TIMESTAMP,
  published_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT NOT NULL REFERENCES accounts(id),
  withdrawn_reason TEXT
);
CREATE INDEX calls_by_authority ON calls (authority_id, created_at, id);
CREATE INDEX calls_public ON calls (published_at, id) WHERE published_at IS NOT NULL;
CREATE INDEX calls_by_mission ON calls (mission_id, stage);
CREATE TABLE call_versions (
  id TEXT PRIMARY KEY NOT NULL,
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  version BIGINT NOT NULL,
  terms TEXT NOT NULL,
  terms_hash TEXT NOT NULL,
  reason TEXT NOT NULL,
  deadline_reason TEXT,
  warnings TEXT NOT NULL,
  frozen_at TIMESTAMP NOT NULL,
  frozen_by TEXT NOT NULL REFERENCES accounts(id),
  UNIQUE (call_id, version)
);
CREATE TABLE call_notices (
  id TEXT PRIMARY KEY NOT NULL,
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  published_at TIMESTAMP NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  recorded_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX call_notices_by_call ON call_notices (call_id, published_at);
CREATE TABLE call_questions (
  id TEXT PRIMARY KEY NOT NULL,
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  question TEXT NOT NULL,
  asked_at TIMESTAMP NOT NULL,
  asked_by TEXT NOT NULL REFERENCES accounts(id),
  answer TEXT,
  answered_at TIMESTAMP,
  answered_by TEXT REFERENCES accounts(id)
);
CREATE INDEX call_questions_by_call ON call_questions (call_id, asked_at);
CREATE TABLE call_keys (
  id TEXT PRIMARY KEY NOT NULL,
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  part TEXT NOT NULL CHECK (part IN ('quality','price')),
  recipient TEXT NOT NULL,
  wrapped TEXT NOT NULL,
  UNIQUE (call_id, part)
);
