ALTER TABLE investments ADD COLUMN part BIGINT NOT NULL DEFAULT 1 CHECK (part > 0);
ALTER TABLE investments DROP CONSTRAINT investments_agreement_id_key;
ALTER TABLE investments ADD CONSTRAINT investments_agreement_id_part_key UNIQUE (agreement_id, part);
