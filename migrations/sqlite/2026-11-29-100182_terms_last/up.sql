-- The terms of a call are long, and SQLite reads over them to what stands behind them: so they stand last.
ALTER TABLE calls ADD COLUMN terms_last TEXT NOT NULL DEFAULT '';
UPDATE calls SET terms_last = terms;
ALTER TABLE calls DROP COLUMN terms;
ALTER TABLE calls RENAME COLUMN terms_last TO terms;
