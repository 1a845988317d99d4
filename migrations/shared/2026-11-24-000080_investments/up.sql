CREATE TABLE investments (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  fund_id TEXT NOT NULL REFERENCES funds(id),
  agreement_id TEXT NOT NULL UNIQUE REFERENCES agreements(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('awaiting_drawdown','running','repaid','written_off','ended')),
  amount BIGINT NOT NULL CHECK (amount > 0),
  terms TEXT NOT NULL,
  schedule_version BIGINT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  closed_on DATE
);
CREATE INDEX investments_by_fund ON investments (fund_id, id);
CREATE INDEX investments_by_organisation ON investments (organisation_id, id);
CREATE INDEX investments_by_mission ON investments (mission_id, id);
CREATE INDEX investments_by_authority ON investments (authority_id, id);
CREATE TABLE investment_precedents (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  tranche BIGINT NOT NULL,
  position BIGINT NOT NULL,
  text TEXT NOT NULL,
  due_on DATE,
  evidence TEXT,
  verified_by TEXT REFERENCES accounts(id),
  verified_at TIMESTAMP,
  UNIQUE (investment_id, position)
);
CREATE TABLE investment_drawdowns (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  tranche BIGINT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  pay_on DATE NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed','approved','declined')),
  proposed_by TEXT NOT NULL REFERENCES accounts(id),
  proposed_at TIMESTAMP NOT NULL,
  decided_by TEXT REFERENCES accounts(id),
  decided_at TIMESTAMP,
  CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX investment_drawdowns_one_open ON investment_drawdowns (investment_id, tranche) WHERE state <> 'declined';
CREATE INDEX investment_drawdowns_by_investment ON investment_drawdowns (investment_id, id);
CREATE TABLE investment_schedules (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  version BIGINT NOT NULL,
  effective_on DATE NOT NULL,
  terms TEXT NOT NULL,
  schedule TEXT NOT NULL,
  reason TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  UNIQUE (investment_id, version)
);
CREATE TABLE investment_entries (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  kind TEXT NOT NULL CHECK (kind IN ('receipt','credit','reversal','charge')),
  reverses_id TEXT UNIQUE REFERENCES investment_entries(id),
  booked_on DATE NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  instalment BIGINT,
  allocation TEXT NOT NULL,
  note TEXT NOT NULL,
  reference TEXT,
  made_by TEXT REFERENCES accounts(id),
  made_at TIMESTAMP NOT NULL,
  CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL))
);
CREATE UNIQUE INDEX investment_entries_one_reference ON investment_entries (investment_id, reference) WHERE reference IS NOT NULL;
CREATE INDEX investment_entries_by_investment ON investment_entries (investment_id, booked_on, id);
CREATE TABLE investment_valuations (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  valued_on DATE NOT NULL,
  value BIGINT NOT NULL CHECK (value >= 0),
  method TEXT NOT NULL CHECK (method IN ('balance','discounted','impaired','cost','latest_round','fair_value','write_off')),
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed','approved','declined')),
  proposed_by TEXT NOT NULL REFERENCES accounts(id),
  proposed_at TIMESTAMP NOT NULL,
  decided_by TEXT REFERENCES accounts(id),
  decided_at TIMESTAMP,
  CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
CREATE INDEX investment_valuations_by_investment ON investment_valuations (investment_id, valued_on, id);
CREATE TABLE investment_facts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  kind TEXT NOT NULL CHECK (kind IN ('revenue','figure','base_rate','dividend','interest','withdrawal','round','exit','claim','recovered')),
  about_on DATE NOT NULL,
  body TEXT NOT NULL,
  source TEXT NOT NULL,
  by_enterprise BOOLEAN NOT NULL,
  made_by TEXT REFERENCES accounts(id),
  made_at TIMESTAMP NOT NULL
);
CREATE INDEX investment_facts_by_investment ON investment_facts (investment_id, made_at, id);
