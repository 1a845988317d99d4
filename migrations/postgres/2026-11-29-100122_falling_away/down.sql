DROP TRIGGER fallen_bids_append_only ON fallen_bids;
DROP TRIGGER rerankings_append_only ON rerankings;
