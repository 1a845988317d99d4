DROP TABLE resident_roll;
DROP TABLE resident_votes;
