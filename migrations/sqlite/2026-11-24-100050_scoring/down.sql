DROP TRIGGER scores_no_update;
DROP TRIGGER scores_no_delete;
DROP TRIGGER moderated_scores_no_update;
DROP TRIGGER moderated_scores_no_delete;
