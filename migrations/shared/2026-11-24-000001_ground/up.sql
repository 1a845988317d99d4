CREATE TABLE settings (
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
);
CREATE TABLE leases (
  name TEXT PRIMARY KEY NOT NULL,
  holder TEXT NOT NULL,
  until TIMESTAMP NOT NULL
);
CREATE TABLE accounts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  email TEXT NOT NULL UNIQUE CHECK (email = lower(email)),
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  disabled_at TIMESTAMP,
  locked_until TIMESTAMP,
  failures BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE organisations (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  kind TEXT NOT NULL CHECK (kind IN ('authority','department','company','social_enterprise','charity','cooperative','community_interest_company')),
  name TEXT NOT NULL,
  parent_id TEXT REFERENCES organisations(id),
  profile TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT REFERENCES accounts(id)
);
CREATE INDEX organisations_by_kind ON organisations (kind, name, id);
CREATE INDEX organisations_by_parent ON organisations (parent_id);
CREATE TABLE members (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  role TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE UNIQUE INDEX members_once ON members (account_id, organisation_id, role) WHERE ended_at IS NULL;
CREATE INDEX members_by_organisation ON members (organisation_id, role);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY NOT NULL,
  account_id TEXT REFERENCES accounts(id),
  state TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE tokens (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL CHECK (scope IN ('read','write')),
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  revoked_at TIMESTAMP
);
CREATE INDEX tokens_by_account ON tokens (account_id, created_at);
CREATE TABLE password_resets (
  hash TEXT PRIMARY KEY NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts(id),
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE TABLE sign_in_attempts (
  id TEXT PRIMARY KEY NOT NULL,
  source TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);
CREATE INDEX sign_in_attempts_by_source ON sign_in_attempts (source, at);
CREATE TABLE idempotency_keys (
  id TEXT PRIMARY KEY NOT NULL,
  request_hash TEXT NOT NULL,
  status BIGINT,
  body TEXT,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE TABLE audit_rows (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT REFERENCES organisations(id),
  at TIMESTAMP NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  facts TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_rows_by_authority ON audit_rows (authority_id, at, id);
CREATE INDEX audit_rows_by_subject ON audit_rows (subject_id, at);
CREATE TABLE audit_pending (
  row_id TEXT PRIMARY KEY NOT NULL
);
CREATE TABLE audit_links (
  seq BIGINT PRIMARY KEY NOT NULL,
  row_id TEXT NOT NULL UNIQUE REFERENCES audit_rows(id),
  row_hash TEXT NOT NULL,
  head TEXT NOT NULL
);
CREATE TABLE audit_checkpoints (
  seq BIGINT PRIMARY KEY NOT NULL,
  head TEXT NOT NULL,
  at TIMESTAMP NOT NULL,
  signature TEXT NOT NULL
);
CREATE TABLE jobs (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  due_at TIMESTAMP NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  done_at TIMESTAMP,
  failed_at TIMESTAMP,
  last_error TEXT
);
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE TABLE mails (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT REFERENCES organisations(id),
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  sent_at TIMESTAMP
);
CREATE INDEX mails_by_age ON mails (created_at, id);
CREATE TABLE documents (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  owner_kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  sealed BOOLEAN NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL CHECK (size > 0),
  sha256 TEXT NOT NULL,
  scan TEXT NOT NULL CHECK (scan IN ('clean','not_scanned','sealed')),
  stored_as TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT REFERENCES accounts(id)
);
CREATE INDEX documents_by_owner ON documents (owner_kind, owner_id, created_at);
CREATE TABLE ledger_accounts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  owner_kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('commitment','bank','loans','interest_receivable','interest_income','fee_income','council_capital','suspense','impairment')),
  created_at TIMESTAMP NOT NULL,
  UNIQUE (owner_kind, owner_id, kind)
);
CREATE TABLE ledger_transfers (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  debit_id TEXT NOT NULL REFERENCES ledger_accounts(id),
  credit_id TEXT NOT NULL REFERENCES ledger_accounts(id),
  amount BIGINT NOT NULL CHECK (amount > 0),
  booked_on DATE NOT NULL,
  made_at TIMESTAMP NOT NULL,
  source_kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  memo TEXT NOT NULL,
  CHECK (debit_id <> credit_id)
);
CREATE INDEX ledger_transfers_by_debit ON ledger_transfers (debit_id, booked_on);
CREATE INDEX ledger_transfers_by_credit ON ledger_transfers (credit_id, booked_on);
CREATE INDEX ledger_transfers_by_source ON ledger_transfers (source_kind, source_id);
