DROP TABLE draft_readings;
DROP TABLE quality_final;
DROP TABLE opened_parts;
DROP TABLE openings;
DROP TABLE receipts;
DROP TABLE envelopes;
DROP TABLE applications;
