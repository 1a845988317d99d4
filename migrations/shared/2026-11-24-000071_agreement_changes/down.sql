DROP TABLE agreement_changes;
