CREATE TRIGGER social_value_catalogues_append_only BEFORE UPDATE OR DELETE ON social_value_catalogues FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER social_value_measures_append_only BEFORE UPDATE OR DELETE ON social_value_measures FOR EACH ROW EXECUTE FUNCTION refuse_change();
