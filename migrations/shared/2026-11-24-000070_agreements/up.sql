CREATE TABLE agreements (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  award_id TEXT NOT NULL UNIQUE REFERENCES awards(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  kind TEXT NOT NULL CHECK (kind IN ('contract','investment')),
  state TEXT NOT NULL CHECK (state IN ('active','completed','terminated')),
  reference TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  value BIGINT NOT NULL CHECK (value > 0),
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  terms TEXT NOT NULL,
  signed_at TIMESTAMP NOT NULL,
  signed_by TEXT REFERENCES accounts(id),
  ended_at TIMESTAMP
);
CREATE INDEX agreements_by_authority ON agreements (authority_id, signed_at, id);
CREATE INDEX agreements_by_organisation ON agreements (organisation_id, signed_at);
CREATE INDEX agreements_by_mission ON agreements (mission_id, kind);
CREATE TABLE obligations (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  agreement_id TEXT NOT NULL REFERENCES agreements(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  condition_id TEXT NOT NULL,
  asked_id TEXT NOT NULL,
  title TEXT NOT NULL,
  measure TEXT NOT NULL,
  unit TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('at_least','at_most','equal')),
  baseline TEXT NOT NULL,
  promised TEXT NOT NULL,
  kpi BOOLEAN NOT NULL,
  terms TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX obligations_by_agreement ON obligations (agreement_id, id);
CREATE INDEX obligations_by_mission ON obligations (mission_id, measure);
