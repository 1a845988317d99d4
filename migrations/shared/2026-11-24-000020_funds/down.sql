DROP TABLE fund_commitments;
DROP TABLE funds;
