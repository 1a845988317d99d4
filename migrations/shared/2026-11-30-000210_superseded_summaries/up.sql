-- Assessment summaries of an award that fell away before its contract was signed. What was told is kept as it was told;
-- the next decision has summaries of its own.
CREATE TABLE superseded_summaries (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  call_id TEXT NOT NULL REFERENCES calls(id),
  application_id TEXT NOT NULL REFERENCES applications(id),
  award_id TEXT NOT NULL REFERENCES awards(id),
  body TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  sent_at TIMESTAMP,
  given_how TEXT,
  superseded_at TIMESTAMP NOT NULL
);
CREATE INDEX superseded_summaries_by_call ON superseded_summaries (call_id, made_at);
CREATE INDEX superseded_summaries_by_application ON superseded_summaries (application_id, made_at);
