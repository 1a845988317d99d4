DROP TABLE committee_votes;
