ALTER TABLE subsidy_routes DROP COLUMN withdrawn_why;
