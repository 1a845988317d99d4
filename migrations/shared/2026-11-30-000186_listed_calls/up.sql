-- The public list is read from this index alone: a call's row lies behind its terms, which are many pages long.
DROP INDEX calls_public;
CREATE INDEX calls_public ON calls (published_at, id, mission_id, kind, reference, title, stage, amount, deadline_at, lot_heading) WHERE published_at IS NOT NULL;
