-- The council's own catalogue of social value: each import is a version that is never changed.
CREATE TABLE social_value_catalogues (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  version BIGINT NOT NULL CHECK (version >= 1),
  title TEXT NOT NULL,
  dated DATE NOT NULL,
  source TEXT NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  measures BIGINT NOT NULL CHECK (measures >= 1),
  made_at TIMESTAMP NOT NULL,
  made_by TEXT NOT NULL REFERENCES accounts(id),
  UNIQUE (authority_id, version)
);
-- What one unit of each measure is worth, in the order of the file. `words` is what the filter looks through.
CREATE TABLE social_value_measures (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  catalogue_id TEXT NOT NULL REFERENCES social_value_catalogues(id),
  place BIGINT NOT NULL CHECK (place >= 1),
  code TEXT NOT NULL,
  title TEXT NOT NULL,
  unit TEXT NOT NULL,
  words TEXT NOT NULL,
  record TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_until DATE,
  UNIQUE (catalogue_id, place)
);
CREATE INDEX social_value_measures_by_code ON social_value_measures (catalogue_id, code, valid_from);
