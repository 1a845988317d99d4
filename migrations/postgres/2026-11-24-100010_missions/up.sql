CREATE TRIGGER mission_readings_append_only BEFORE UPDATE OR DELETE ON mission_readings FOR EACH ROW EXECUTE FUNCTION refuse_change();
