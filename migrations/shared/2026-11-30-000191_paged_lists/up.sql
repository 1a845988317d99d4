-- Who holds a role in an organisation now is listed page by page, in the order in which they took it.
CREATE INDEX members_by_time ON members (organisation_id, created_at, id) WHERE ended_at IS NULL;
