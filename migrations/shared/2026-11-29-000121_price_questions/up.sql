ALTER TABLE price_enquiries ADD COLUMN question TEXT;
ALTER TABLE price_enquiries ADD COLUMN asked_by TEXT REFERENCES accounts(id);
ALTER TABLE price_enquiries ADD COLUMN answer_by DATE;
ALTER TABLE price_enquiries ADD COLUMN answered_at TIMESTAMP;
ALTER TABLE price_enquiries ADD COLUMN answered_by TEXT REFERENCES accounts(id);
