ALTER TABLE audit_pending ADD CONSTRAINT audit_pending_row_id_fkey FOREIGN KEY (row_id) REFERENCES audit_rows(id);
ALTER TABLE receipts ADD CONSTRAINT receipts_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES organisations(id);
ALTER TABLE envelopes ADD CONSTRAINT envelopes_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES organisations(id);
