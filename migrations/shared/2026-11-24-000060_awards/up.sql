CREATE TABLE awards (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  mission_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('contract','investment')),
  state TEXT NOT NULL CHECK (state IN ('recommended','approved','declined_by_committee','noticed','offered','accepted','declined','lapsed','signed')),
  value BIGINT NOT NULL CHECK (value > 0),
  reasons TEXT NOT NULL,
  terms TEXT NOT NULL,
  recommended_by TEXT NOT NULL REFERENCES accounts(id),
  recommended_at TIMESTAMP NOT NULL,
  approved_by TEXT REFERENCES accounts(id),
  approved_at TIMESTAMP,
  notice_number TEXT,
  notice_published_at TIMESTAMP,
  standstill_last_day DATE,
  earliest_signing DATE,
  offer_answer_by TIMESTAMP,
  answered_at TIMESTAMP,
  answered_by TEXT REFERENCES accounts(id),
  signed_at TIMESTAMP,
  CHECK (approved_by IS NULL OR approved_by <> recommended_by)
);
CREATE INDEX awards_by_authority ON awards (authority_id, recommended_at, id);
CREATE INDEX awards_by_call ON awards (call_id);
CREATE UNIQUE INDEX awards_once ON awards (application_id) WHERE state NOT IN ('declined_by_committee','declined','lapsed');
CREATE TABLE award_checks (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  kind TEXT NOT NULL CHECK (kind IN ('exclusion','debarment')),
  subject TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('clear','excludable','excluded')),
  note TEXT NOT NULL,
  checked_at TIMESTAMP NOT NULL,
  checked_by TEXT NOT NULL REFERENCES accounts(id)
);
CREATE INDEX award_checks_by_application ON award_checks (application_id, kind, checked_at);
CREATE TABLE assessment_summaries (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL UNIQUE REFERENCES applications(id),
  organisation_id TEXT NOT NULL REFERENCES organisations(id),
  body TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  sent_at TIMESTAMP,
  sent_by TEXT REFERENCES accounts(id)
);
CREATE INDEX assessment_summaries_by_call ON assessment_summaries (call_id);
