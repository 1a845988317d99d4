DROP TABLE award_challenges;
