DROP TABLE rerankings;
DROP TABLE fallen_bids;
