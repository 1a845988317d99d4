-- What lists say of a lot, so that they need not read the terms, which are long. Written with the terms; a lot that was
-- stored before says it again as soon as its terms are.
ALTER TABLE calls ADD COLUMN lot_heading TEXT;
