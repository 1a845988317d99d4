DROP INDEX assessment_summaries_not_given;
ALTER TABLE assessment_summaries DROP COLUMN given_how;
DROP TABLE assessment_summary_mails;
DROP INDEX jobs_set_aside;
DROP INDEX mails_given_up;
ALTER TABLE mails DROP COLUMN left_at;
ALTER TABLE mails DROP COLUMN last_error;
ALTER TABLE mails DROP COLUMN failed_at;
