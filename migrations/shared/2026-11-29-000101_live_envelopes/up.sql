-- Only the envelopes that stand are ever looked for: one sent again a hundred times has a hundred others behind it.
DROP INDEX envelopes_by_application;
CREATE INDEX envelopes_live ON envelopes (application_id, part) WHERE superseded_at IS NULL;
