DROP TABLE assessment_summaries;
DROP TABLE award_checks;
DROP TABLE awards;
