-- A ballot: 16 random bytes as its name, and what it says. Where its row lies in the file and which transaction wrote it
-- would tell the order until the vote closes; closing writes all of them anew, in the order of their random names.
CREATE TABLE resident_ballots (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 32),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  vote_id TEXT NOT NULL REFERENCES resident_votes(id),
  ballot TEXT NOT NULL
);
CREATE INDEX resident_ballots_by_vote ON resident_ballots (vote_id, id);
CREATE TRIGGER resident_ballots_no_update BEFORE UPDATE ON resident_ballots FOR EACH ROW EXECUTE FUNCTION refuse_change();
