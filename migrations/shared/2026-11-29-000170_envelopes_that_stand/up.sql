-- An envelope stands for as long as its receipt is the newest of its application, which is not withdrawn. That is read
-- from the receipts, which nobody can change, and no longer written into every envelope that was replaced.
DROP INDEX envelopes_live;
CREATE INDEX envelopes_by_application ON envelopes (application_id, part);
ALTER TABLE envelopes DROP COLUMN superseded_at;
