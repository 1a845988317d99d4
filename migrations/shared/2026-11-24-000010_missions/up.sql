CREATE TABLE missions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  statement TEXT NOT NULL,
  summary TEXT NOT NULL,
  answerable TEXT NOT NULL,
  parent_id TEXT REFERENCES missions(id),
  status TEXT NOT NULL CHECK (status IN ('draft','published','withdrawn')),
  target_on DATE NOT NULL,
  budget BIGINT,
  leaf BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by TEXT NOT NULL REFERENCES accounts(id),
  published_at TIMESTAMP
);
CREATE INDEX missions_by_authority ON missions (authority_id, created_at, id);
CREATE INDEX missions_published ON missions (published_at, id) WHERE status = 'published';
CREATE INDEX missions_by_parent ON missions (parent_id);
CREATE TABLE mission_departments (
  id TEXT PRIMARY KEY NOT NULL,
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL REFERENCES missions(id),
  department_id TEXT NOT NULL REFERENCES organisations(id),
  UNIQUE (mission_id, department_id)
);
CREATE TABLE mission_outcomes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL REFERENCES missions(id),
  title TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX mission_outcomes_by_mission ON mission_outcomes (mission_id, id);
CREATE TABLE mission_indicators (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL REFERENCES missions(id),
  outcome_id TEXT NOT NULL REFERENCES mission_outcomes(id),
  title TEXT NOT NULL,
  unit TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('increase','decrease')),
  baseline TEXT NOT NULL,
  baseline_on DATE NOT NULL,
  target TEXT NOT NULL,
  target_on DATE NOT NULL,
  source TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX mission_indicators_by_mission ON mission_indicators (mission_id, id);
CREATE TABLE mission_readings (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL REFERENCES missions(id),
  indicator_id TEXT NOT NULL REFERENCES mission_indicators(id),
  read_on DATE NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  supersedes TEXT UNIQUE REFERENCES mission_readings(id),
  reason TEXT,
  recorded_at TIMESTAMP NOT NULL,
  recorded_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX mission_readings_by_indicator ON mission_readings (indicator_id, read_on, id);
CREATE INDEX mission_readings_by_mission ON mission_readings (mission_id, recorded_at, id);
CREATE TABLE mission_partners (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL REFERENCES missions(id),
  name TEXT NOT NULL,
  pledge TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX mission_partners_by_mission ON mission_partners (mission_id, id);
