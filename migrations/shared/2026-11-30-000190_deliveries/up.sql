-- When the worker stopped trying to send a mail, and what was said last. A mail that is given up waits for a person.
ALTER TABLE mails ADD COLUMN failed_at TIMESTAMP;
ALTER TABLE mails ADD COLUMN last_error TEXT;
-- When an administrator put it away: it is not tried again.
ALTER TABLE mails ADD COLUMN left_at TIMESTAMP;
UPDATE mails SET failed_at = (SELECT max(jobs.failed_at) FROM jobs
    WHERE jobs.kind = 'mail.send' AND jobs.failed_at IS NOT NULL AND substr(jobs.payload, 10, 26) = mails.id)
  WHERE sent_at IS NULL AND id IN (SELECT substr(jobs.payload, 10, 26) FROM jobs
    WHERE jobs.kind = 'mail.send' AND jobs.failed_at IS NOT NULL);
CREATE INDEX mails_given_up ON mails (failed_at, id) WHERE failed_at IS NOT NULL AND left_at IS NULL;
CREATE INDEX jobs_set_aside ON jobs (failed_at, id) WHERE failed_at IS NOT NULL;
-- The mails that carry an assessment summary: it is given when a mail server took one of them.
CREATE TABLE assessment_summary_mails (
  mail_id TEXT PRIMARY KEY NOT NULL REFERENCES mails(id),
  authority_id TEXT NOT NULL REFERENCES organisations(id),
  summary_id TEXT NOT NULL REFERENCES assessment_summaries(id)
);
CREATE INDEX assessment_summary_mails_by_summary ON assessment_summary_mails (summary_id);
-- How it was given by another way than by mail, in words.
ALTER TABLE assessment_summaries ADD COLUMN given_how TEXT;
CREATE INDEX assessment_summaries_not_given ON assessment_summaries (authority_id, made_at, id) WHERE sent_at IS NULL;
