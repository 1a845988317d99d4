ALTER TABLE investment_entries DROP CONSTRAINT investment_entries_kind_check;
ALTER TABLE investment_entries ADD CONSTRAINT investment_entries_kind_check CHECK (kind IN ('receipt','credit','reversal','charge'));
