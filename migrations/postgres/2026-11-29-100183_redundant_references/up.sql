-- Whose an envelope and a receipt are stands with their application, which is referred to; a pending row is written by the
-- statement after its audit row, and both only there. PostgreSQL looks each reference up row by row, in the one write that
-- everybody waits for shortly before a deadline.
ALTER TABLE envelopes DROP CONSTRAINT envelopes_authority_id_fkey;
ALTER TABLE receipts DROP CONSTRAINT receipts_authority_id_fkey;
ALTER TABLE audit_pending DROP CONSTRAINT audit_pending_row_id_fkey;
