CREATE TRIGGER scores_append_only BEFORE UPDATE OR DELETE ON scores FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER moderated_scores_append_only BEFORE UPDATE OR DELETE ON moderated_scores FOR EACH ROW EXECUTE FUNCTION refuse_change();
