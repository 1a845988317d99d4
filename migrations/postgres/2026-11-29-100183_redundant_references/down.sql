ALTER TABLE receipts ADD CONSTRAINT receipts_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES organisations(id);
ALTER TABLE envelopes ADD CONSTRAINT envelopes_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES organisations(id);
