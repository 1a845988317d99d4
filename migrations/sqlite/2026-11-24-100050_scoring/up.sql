CREATE TRIGGER scores_no_update BEFORE UPDATE ON scores BEGIN SELECT RAISE(ABORT, 'scores is append-only'); END;
CREATE TRIGGER scores_no_delete BEFORE DELETE ON scores BEGIN SELECT RAISE(ABORT, 'scores is append-only'); END;
CREATE TRIGGER moderated_scores_no_update BEFORE UPDATE ON moderated_scores BEGIN SELECT RAISE(ABORT, 'moderated_scores is append-only'); END;
CREATE TRIGGER moderated_scores_no_delete BEFORE DELETE ON moderated_scores BEGIN SELECT RAISE(ABORT, 'moderated_scores is append-only'); END;
