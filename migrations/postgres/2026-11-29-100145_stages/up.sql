CREATE TRIGGER call_shortlisted_append_only BEFORE UPDATE OR DELETE ON call_shortlisted FOR EACH ROW EXECUTE FUNCTION refuse_change();
