-- Why somebody withdrew a route by hand.
ALTER TABLE subsidy_routes ADD COLUMN withdrawn_why TEXT;
