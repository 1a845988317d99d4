-- Ciphertext does not get shorter: PostgreSQL need not try.
ALTER TABLE envelopes ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
ALTER TABLE applications ALTER COLUMN draft SET STORAGE EXTERNAL;
