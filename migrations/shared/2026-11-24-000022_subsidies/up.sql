CREATE TABLE subsidy_routes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  application_id TEXT NOT NULL CHECK (length(application_id) = 26),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  group_key TEXT NOT NULL,
  group_name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('market_terms','mfa','scheme','principles')),
  state TEXT NOT NULL CHECK (state IN ('open','recorded','given','withdrawn')),
  amount BIGINT NOT NULL CHECK (amount >= 0),
  body TEXT NOT NULL,
  started_at TIMESTAMP NOT NULL,
  started_by TEXT NOT NULL REFERENCES accounts(id),
  recorded_at TIMESTAMP,
  recorded_by TEXT REFERENCES accounts(id)
);
CREATE INDEX subsidy_routes_by_authority ON subsidy_routes (authority_id, started_at, id);
CREATE INDEX subsidy_routes_by_application ON subsidy_routes (application_id);
CREATE UNIQUE INDEX subsidy_routes_once ON subsidy_routes (authority_id, application_id) WHERE state <> 'withdrawn';
CREATE TABLE subsidy_assistance (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  route_id TEXT NOT NULL REFERENCES subsidy_routes(id),
  group_key TEXT NOT NULL,
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  source TEXT NOT NULL CHECK (source IN ('own','declared')),
  from_authority TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('mfa','spei','legacy_de_minimis','small_amount')),
  amount BIGINT NOT NULL CHECK (amount > 0),
  given_on DATE NOT NULL
);
CREATE INDEX subsidy_assistance_by_group ON subsidy_assistance (authority_id, group_key, given_on, id);
CREATE INDEX subsidy_assistance_by_route ON subsidy_assistance (route_id);
