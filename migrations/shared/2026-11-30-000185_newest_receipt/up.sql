-- The newest receipt of an application is the last of this index, also where one application has thousands of them and
-- the planner, which counts a few for each, would rather sort them.
DROP INDEX receipts_by_application;
CREATE INDEX receipts_by_application ON receipts (application_id, received_at, id);
