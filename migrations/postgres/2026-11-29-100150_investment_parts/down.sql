-- Fails, and changes nothing, while an agreement has several parts: one of them alone would be no agreement.
ALTER TABLE investments DROP CONSTRAINT investments_agreement_id_part_key;
ALTER TABLE investments ADD CONSTRAINT investments_agreement_id_key UNIQUE (agreement_id);
ALTER TABLE investments DROP COLUMN part;
