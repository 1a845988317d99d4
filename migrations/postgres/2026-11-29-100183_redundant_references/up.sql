-- Whose an envelope and a receipt are stands with their application, which is referred to. PostgreSQL looks each reference
-- up row by row, in the one write that everybody waits for shortly before a deadline.
ALTER TABLE envelopes DROP CONSTRAINT envelopes_authority_id_fkey;
ALTER TABLE receipts DROP CONSTRAINT receipts_authority_id_fkey;
