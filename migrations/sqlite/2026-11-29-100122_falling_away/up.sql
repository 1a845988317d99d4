CREATE TRIGGER fallen_bids_no_update BEFORE UPDATE ON fallen_bids BEGIN SELECT RAISE(ABORT, 'fallen_bids is append-only'); END;
CREATE TRIGGER fallen_bids_no_delete BEFORE DELETE ON fallen_bids BEGIN SELECT RAISE(ABORT, 'fallen_bids is append-only'); END;
CREATE TRIGGER rerankings_no_update BEFORE UPDATE ON rerankings BEGIN SELECT RAISE(ABORT, 'rerankings is append-only'); END;
CREATE TRIGGER rerankings_no_delete BEFORE DELETE ON rerankings BEGIN SELECT RAISE(ABORT, 'rerankings is append-only'); END;
