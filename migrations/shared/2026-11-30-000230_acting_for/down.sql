DROP INDEX password_resets_by_account;
ALTER TABLE tokens DROP COLUMN acting_for;
