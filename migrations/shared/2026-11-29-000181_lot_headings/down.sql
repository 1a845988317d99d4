ALTER TABLE calls DROP COLUMN lot_heading;
