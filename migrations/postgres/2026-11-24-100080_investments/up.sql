CREATE TRIGGER investment_schedules_append_only BEFORE UPDATE OR DELETE ON investment_schedules FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER investment_entries_append_only BEFORE UPDATE OR DELETE ON investment_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER investment_facts_append_only BEFORE UPDATE OR DELETE ON investment_facts FOR EACH ROW EXECUTE FUNCTION refuse_change();
