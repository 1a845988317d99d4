CREATE TABLE panel_members (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  added_at TIMESTAMP NOT NULL,
  added_by TEXT NOT NULL REFERENCES accounts(id),
  declared_at TIMESTAMP,
  final_at TIMESTAMP,
  UNIQUE (call_id, account_id)
);
CREATE INDEX panel_members_by_account ON panel_members (account_id, added_at, id);
CREATE TABLE panel_conflicts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  nature TEXT NOT NULL,
  declared_at TIMESTAMP NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('open','no_conflict','confirmed')),
  enquiry TEXT,
  resolved_at TIMESTAMP,
  resolved_by TEXT REFERENCES accounts(id),
  CHECK (resolved_by IS NULL OR resolved_by <> account_id)
);
CREATE INDEX panel_conflicts_by_call ON panel_conflicts (call_id, account_id);
CREATE TABLE score_drafts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  criterion TEXT NOT NULL,
  level BIGINT,
  passed BOOLEAN,
  reason TEXT NOT NULL,
  saved_at TIMESTAMP NOT NULL,
  UNIQUE (account_id, application_id, criterion)
);
CREATE INDEX score_drafts_by_call ON score_drafts (call_id, account_id);
CREATE TABLE scores (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  account_id TEXT NOT NULL REFERENCES accounts(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  criterion TEXT NOT NULL,
  level BIGINT,
  passed BOOLEAN,
  reason TEXT NOT NULL,
  final_at TIMESTAMP NOT NULL,
  UNIQUE (account_id, application_id, criterion)
);
CREATE INDEX scores_by_call ON scores (call_id, application_id, criterion);
CREATE TABLE moderated_scores (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  criterion TEXT NOT NULL,
  level BIGINT,
  passed BOOLEAN,
  reason TEXT NOT NULL,
  agreed_at TIMESTAMP NOT NULL,
  agreed_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX moderated_scores_by_call ON moderated_scores (call_id, agreed_at, id);
CREATE TABLE moderations (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL UNIQUE REFERENCES calls(id),
  closed_at TIMESTAMP NOT NULL,
  closed_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE TABLE disregarded_bids (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL UNIQUE REFERENCES applications(id),
  ground TEXT NOT NULL CHECK (ground IN ('excluded_supplier','excludable_supplier','abnormally_low','breach')),
  reason TEXT NOT NULL,
  decided_at TIMESTAMP NOT NULL,
  decided_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX disregarded_bids_by_call ON disregarded_bids (call_id);
CREATE TABLE price_enquiries (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL UNIQUE REFERENCES applications(id),
  flags TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  asked_on DATE,
  answer TEXT,
  outcome TEXT NOT NULL CHECK (outcome IN ('open','justified','not_justified')),
  note TEXT,
  closed_at TIMESTAMP,
  closed_by TEXT REFERENCES accounts(id)
);
CREATE INDEX price_enquiries_by_call ON price_enquiries (call_id);
CREATE TABLE rankings (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  file TEXT NOT NULL,
  hash TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  made_by TEXT NOT NULL REFERENCES accounts(id),
  signed_at TIMESTAMP,
  signed_by TEXT REFERENCES accounts(id)
);
CREATE INDEX rankings_by_call ON rankings (call_id, made_at, id);
