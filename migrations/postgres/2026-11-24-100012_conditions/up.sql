CREATE TRIGGER condition_versions_append_only BEFORE UPDATE OR DELETE ON condition_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER condition_exceptions_append_only BEFORE UPDATE OR DELETE ON condition_exceptions FOR EACH ROW EXECUTE FUNCTION refuse_change();
