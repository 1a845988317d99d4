-- SQLite cannot drop a UNIQUE, so the table is made again under its own name. What refers to it is checked when the step
-- is committed: by then every investment is back. The tables that refer to it, and their triggers, are not touched.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE investments_before AS SELECT * FROM investments;
DROP TABLE investments;
CREATE TABLE investments (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  fund_id TEXT NOT NULL REFERENCES funds(id),
  agreement_id TEXT NOT NULL REFERENCES agreements(id),
  part BIGINT NOT NULL DEFAULT 1 CHECK (part > 0),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('awaiting_drawdown','running','repaid','written_off','ended')),
  amount BIGINT NOT NULL CHECK (amount > 0),
  terms TEXT NOT NULL,
  schedule_version BIGINT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  closed_on DATE,
  UNIQUE (agreement_id, part)
);
INSERT INTO investments (id, authority_id, fund_id, agreement_id, part, organisation_id, mission_id, reference, title, state, amount, terms, schedule_version, opened_at, closed_on)
  SELECT id, authority_id, fund_id, agreement_id, 1, organisation_id, mission_id, reference, title, state, amount, terms, schedule_version, opened_at, closed_on FROM investments_before;
DROP TABLE investments_before;
CREATE INDEX investments_by_fund ON investments (fund_id, id);
CREATE INDEX investments_by_organisation ON investments (organisation_id, id);
CREATE INDEX investments_by_mission ON investments (mission_id, id);
CREATE INDEX investments_by_authority ON investments (authority_id, id);
