-- What evaluators call a bidder while names are hidden: drawn at the opening, and never changed.
ALTER TABLE applications ADD COLUMN letter TEXT;
CREATE UNIQUE INDEX applications_by_letter ON applications (call_id, letter);
