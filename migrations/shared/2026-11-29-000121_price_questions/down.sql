ALTER TABLE price_enquiries DROP COLUMN answered_by;
ALTER TABLE price_enquiries DROP COLUMN answered_at;
ALTER TABLE price_enquiries DROP COLUMN answer_by;
ALTER TABLE price_enquiries DROP COLUMN asked_by;
ALTER TABLE price_enquiries DROP COLUMN question;
