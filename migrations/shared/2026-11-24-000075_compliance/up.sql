CREATE TABLE obligation_dues (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  agreement_id TEXT NOT NULL REFERENCES agreements(id),
  obligation_id TEXT NOT NULL REFERENCES obligations(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  period TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  due_on DATE NOT NULL,
  due_at TIMESTAMP NOT NULL,
  target TEXT NOT NULL,
  binding BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending','met','missed','cured','breached','waived','reserved','enforced','closed')),
  claim_state TEXT CHECK (claim_state IN ('reported','queried','accepted','rejected')),
  grace_until DATE NOT NULL,
  cure_by DATE,
  next_step BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (obligation_id, ends_on)
);
CREATE INDEX obligation_dues_by_authority ON obligation_dues (authority_id, state, due_at, id);
CREATE INDEX obligation_dues_by_organisation ON obligation_dues (organisation_id, due_at, id);
CREATE INDEX obligation_dues_by_agreement ON obligation_dues (agreement_id, due_at, id);
CREATE INDEX obligation_dues_to_verify ON obligation_dues (authority_id, due_at, id) WHERE claim_state = 'reported';
CREATE TABLE due_moments (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  due_id TEXT NOT NULL REFERENCES obligation_dues(id),
  moment TEXT NOT NULL CHECK (moment IN ('fortnight_before','three_days_before','day_after','grace_over','cure_over')),
  passed_at TIMESTAMP NOT NULL,
  UNIQUE (due_id, moment)
);
CREATE TABLE claims (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  agreement_id TEXT NOT NULL REFERENCES agreements(id),
  obligation_id TEXT NOT NULL REFERENCES obligations(id),
  due_id TEXT NOT NULL REFERENCES obligation_dues(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  ends_on DATE NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reported','queried','accepted','rejected','replaced')),
  quantity TEXT NOT NULL,
  counted TEXT NOT NULL,
  verified TEXT,
  note TEXT NOT NULL,
  beneficiaries BIGINT NOT NULL CHECK (beneficiaries >= 0),
  reported_at TIMESTAMP NOT NULL,
  reported_by TEXT NOT NULL REFERENCES accounts(id),
  reason TEXT,
  decided_at TIMESTAMP,
  decided_by TEXT REFERENCES accounts(id)
);
CREATE INDEX claims_by_due ON claims (due_id, reported_at, id);
CREATE INDEX claims_by_agreement ON claims (agreement_id, ends_on, id);
CREATE INDEX claims_by_mission ON claims (mission_id, ends_on, id);
CREATE UNIQUE INDEX claims_open_once ON claims (due_id) WHERE state IN ('reported','queried');
CREATE TABLE counted_once (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  measure TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('beneficiary','evidence')),
  fingerprint TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  obligation_id TEXT NOT NULL REFERENCES obligations(id),
  claim_id TEXT NOT NULL REFERENCES claims(id),
  share TEXT NOT NULL,
  UNIQUE (claim_id, kind, fingerprint)
);
CREATE INDEX counted_once_by_fingerprint ON counted_once (authority_id, measure, kind, fingerprint);
CREATE TABLE double_counts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  measure TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('beneficiary','evidence')),
  fingerprint TEXT NOT NULL,
  due_id TEXT NOT NULL REFERENCES obligation_dues(id),
  obligation_id TEXT NOT NULL REFERENCES obligations(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  first_claim_id TEXT NOT NULL REFERENCES claims(id),
  first_due_id TEXT NOT NULL REFERENCES obligation_dues(id),
  first_obligation_id TEXT NOT NULL REFERENCES obligations(id),
  first_organisation_id TEXT NOT NULL REFERENCES organisations(id),
  refused_at TIMESTAMP NOT NULL,
  share TEXT,
  first_share TEXT,
  reason TEXT,
  decided_at TIMESTAMP,
  decided_by TEXT REFERENCES accounts(id),
  UNIQUE (due_id, kind, fingerprint, first_claim_id)
);
CREATE INDEX double_counts_by_authority ON double_counts (authority_id, refused_at, id);
CREATE INDEX double_counts_by_fingerprint ON double_counts (authority_id, measure, kind, fingerprint);
CREATE TABLE remedy_steps (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  agreement_id TEXT NOT NULL REFERENCES agreements(id),
  due_id TEXT NOT NULL REFERENCES obligation_dues(id),
  kind TEXT NOT NULL CHECK (kind IN ('step','waive','reserve')),
  step BIGINT NOT NULL,
  title TEXT NOT NULL,
  reason TEXT NOT NULL,
  proposed_at TIMESTAMP NOT NULL,
  proposed_by TEXT REFERENCES accounts(id),
  withdrawn_at TIMESTAMP,
  taken_at TIMESTAMP,
  taken_by TEXT REFERENCES accounts(id),
  taken_reason TEXT,
  CHECK (taken_by IS NULL OR proposed_by IS NULL OR taken_by <> proposed_by)
);
CREATE INDEX remedy_steps_by_due ON remedy_steps (due_id, proposed_at, id);
CREATE UNIQUE INDEX remedy_steps_open_once ON remedy_steps (due_id) WHERE taken_at IS NULL AND withdrawn_at IS NULL;
