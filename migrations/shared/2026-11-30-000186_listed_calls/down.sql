DROP INDEX calls_public;
CREATE INDEX calls_public ON calls (published_at, id) WHERE published_at IS NOT NULL;
