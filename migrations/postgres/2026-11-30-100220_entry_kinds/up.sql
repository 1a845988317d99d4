-- An account knows what was paid back of an overpayment, and what came in after a write-off.
ALTER TABLE investment_entries DROP CONSTRAINT investment_entries_kind_check;
ALTER TABLE investment_entries ADD CONSTRAINT investment_entries_kind_check CHECK (kind IN ('receipt','credit','reversal','charge','refund','recovery'));
