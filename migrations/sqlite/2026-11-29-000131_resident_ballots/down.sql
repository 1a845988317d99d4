DROP TABLE resident_ballots;
