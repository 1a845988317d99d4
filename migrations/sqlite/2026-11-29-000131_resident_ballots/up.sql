-- A ballot: 16 random bytes as its name, and what it says. WITHOUT ROWID, because a hidden rowid would number the ballots
-- in the order in which they were cast.
CREATE TABLE resident_ballots (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 32),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  vote_id TEXT NOT NULL REFERENCES resident_votes(id),
  ballot TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX resident_ballots_by_vote ON resident_ballots (vote_id, id);
CREATE TRIGGER resident_ballots_no_update BEFORE UPDATE ON resident_ballots BEGIN SELECT RAISE(ABORT, 'a ballot is never changed'); END;
