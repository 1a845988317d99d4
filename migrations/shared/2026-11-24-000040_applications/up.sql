CREATE TABLE applications (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  state TEXT NOT NULL CHECK (state IN ('draft','submitted','withdrawn')),
  call_version BIGINT NOT NULL,
  reference TEXT UNIQUE,
  draft TEXT,
  draft_recipient TEXT,
  draft_wrapped TEXT,
  saved_at TIMESTAMP NOT NULL,
  submitted_at TIMESTAMP,
  opened_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX applications_by_call ON applications (call_id, state, id);
CREATE INDEX applications_by_organisation ON applications (organisation_id, created_at, id);
CREATE UNIQUE INDEX applications_once ON applications (call_id, organisation_id) WHERE state <> 'withdrawn';
CREATE TABLE envelopes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  part TEXT NOT NULL CHECK (part IN ('quality','price')),
  ciphertext TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  sealed_at TIMESTAMP NOT NULL,
  superseded_at TIMESTAMP,
  opened_at TIMESTAMP
);
CREATE INDEX envelopes_by_application ON envelopes (application_id, part);
CREATE TABLE receipts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  reference TEXT NOT NULL,
  received_at TIMESTAMP NOT NULL,
  quality_sha256 TEXT NOT NULL,
  price_sha256 TEXT NOT NULL,
  audit_hash TEXT NOT NULL,
  call_version BIGINT NOT NULL
);
CREATE INDEX receipts_by_application ON receipts (application_id, received_at);
CREATE TABLE openings (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  part TEXT NOT NULL CHECK (part IN ('quality','price')),
  first_by TEXT NOT NULL REFERENCES accounts(id),
  first_at TIMESTAMP NOT NULL,
  second_by TEXT REFERENCES accounts(id),
  second_at TIMESTAMP,
  report TEXT,
  UNIQUE (call_id, part),
  CHECK (second_by IS NULL OR second_by <> first_by)
);
CREATE TABLE opened_parts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  part TEXT NOT NULL CHECK (part IN ('quality','price')),
  content TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  UNIQUE (application_id, part)
);
CREATE INDEX opened_parts_by_call ON opened_parts (call_id, part);
CREATE TABLE quality_final (
  call_id TEXT PRIMARY KEY NOT NULL REFERENCES calls(id),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  at TIMESTAMP NOT NULL
);
CREATE TABLE draft_readings (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  day DATE NOT NULL,
  UNIQUE (application_id, account_id, day)
);
