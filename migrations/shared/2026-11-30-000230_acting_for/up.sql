-- For whom a token acts: an authority's identifier, or "applicant" for the applicant organisations of its owner.
ALTER TABLE tokens ADD COLUMN acting_for TEXT;
-- A reset ends every other open link of its account.
CREATE INDEX password_resets_by_account ON password_resets (account_id);
