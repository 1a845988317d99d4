CREATE TABLE agreement_changes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  agreement_id TEXT NOT NULL REFERENCES agreements(id),
  kind TEXT NOT NULL CHECK (kind IN ('no_kpis','change','completion','termination')),
  reason TEXT NOT NULL,
  old_value BIGINT NOT NULL,
  new_value BIGINT NOT NULL,
  old_ends_on DATE NOT NULL,
  new_ends_on DATE NOT NULL,
  notice_number TEXT,
  made_at TIMESTAMP NOT NULL,
  made_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX agreement_changes_by_agreement ON agreement_changes (agreement_id, made_at, id);
