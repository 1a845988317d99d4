CREATE TRIGGER investment_schedules_no_update BEFORE UPDATE ON investment_schedules BEGIN SELECT RAISE(ABORT, 'investment_schedules is append-only'); END;
CREATE TRIGGER investment_schedules_no_delete BEFORE DELETE ON investment_schedules BEGIN SELECT RAISE(ABORT, 'investment_schedules is append-only'); END;
CREATE TRIGGER investment_entries_no_update BEFORE UPDATE ON investment_entries BEGIN SELECT RAISE(ABORT, 'investment_entries is append-only'); END;
CREATE TRIGGER investment_entries_no_delete BEFORE DELETE ON investment_entries BEGIN SELECT RAISE(ABORT, 'investment_entries is append-only'); END;
CREATE TRIGGER investment_facts_no_update BEFORE UPDATE ON investment_facts BEGIN SELECT RAISE(ABORT, 'investment_facts is append-only'); END;
CREATE TRIGGER investment_facts_no_delete BEFORE DELETE ON investment_facts BEGIN SELECT RAISE(ABORT, 'investment_facts is append-only'); END;
