CREATE TRIGGER call_acknowledgements_append_only BEFORE UPDATE OR DELETE ON call_acknowledgements FOR EACH ROW EXECUTE FUNCTION refuse_change();
