DROP TRIGGER fallen_bids_no_update;
DROP TRIGGER fallen_bids_no_delete;
DROP TRIGGER rerankings_no_update;
DROP TRIGGER rerankings_no_delete;
