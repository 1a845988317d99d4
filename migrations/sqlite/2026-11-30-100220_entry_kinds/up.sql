-- An account knows what was paid back of an overpayment, and what came in after a write-off.
-- SQLite changes no check in place: the rows move to a table that has the new one.
DROP TRIGGER investment_entries_no_update;
DROP TRIGGER investment_entries_no_delete;
DROP INDEX investment_entries_one_reference;
DROP INDEX investment_entries_by_investment;
ALTER TABLE investment_entries RENAME TO investment_entries_before;
CREATE TABLE investment_entries (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 26),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  investment_id TEXT NOT NULL REFERENCES investments(id),
  kind TEXT NOT NULL CHECK (kind IN ('receipt','credit','reversal','charge','refund','recovery')),
  reverses_id TEXT UNIQUE REFERENCES investment_entries(id),
  booked_on DATE NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  instalment BIGINT,
  allocation TEXT NOT NULL,
  note TEXT NOT NULL,
  reference TEXT,
  made_by TEXT REFERENCES accounts(id),
  made_at TIMESTAMP NOT NULL,
  CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL))
);
INSERT INTO investment_entries (id, authority_id, investment_id, kind, reverses_id, booked_on, amount, instalment, allocation, note, reference, made_by, made_at)
  SELECT id, authority_id, investment_id, kind, reverses_id, booked_on, amount, instalment, allocation, note, reference, made_by, made_at FROM investment_entries_before;
DROP TABLE investment_entries_before;
CREATE UNIQUE INDEX investment_entries_one_reference ON investment_entries (investment_id, reference) WHERE reference IS NOT NULL;
CREATE INDEX investment_entries_by_investment ON investment_entries (investment_id, booked_on, id);
CREATE TRIGGER investment_entries_no_update BEFORE UPDATE ON investment_entries BEGIN SELECT RAISE(ABORT, 'investment_entries is append-only'); END;
CREATE TRIGGER investment_entries_no_delete BEFORE DELETE ON investment_entries BEGIN SELECT RAISE(ABORT, 'investment_entries is append-only'); END;
