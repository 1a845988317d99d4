DROP TABLE award_halts;
