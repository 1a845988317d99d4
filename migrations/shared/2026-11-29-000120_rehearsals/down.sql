ALTER TABLE call_versions DROP COLUMN acknowledgement_id;
DROP TABLE call_acknowledgements;
