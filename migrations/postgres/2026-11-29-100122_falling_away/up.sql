CREATE TRIGGER fallen_bids_append_only BEFORE UPDATE OR DELETE ON fallen_bids FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rerankings_append_only BEFORE UPDATE OR DELETE ON rerankings FOR EACH ROW EXECUTE FUNCTION refuse_change();
