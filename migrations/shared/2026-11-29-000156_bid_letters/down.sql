DROP INDEX applications_by_letter;
ALTER TABLE applications DROP COLUMN letter;
