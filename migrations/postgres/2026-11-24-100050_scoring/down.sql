DROP TRIGGER scores_append_only ON scores;
DROP TRIGGER moderated_scores_append_only ON moderated_scores;
