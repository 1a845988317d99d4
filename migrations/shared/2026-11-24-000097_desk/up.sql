CREATE INDEX agreements_register ON agreements (signed_at, id);
