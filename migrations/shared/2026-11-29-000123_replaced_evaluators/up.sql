ALTER TABLE panel_members ADD COLUMN replaced_at TIMESTAMP;
ALTER TABLE panel_members ADD COLUMN replaced_reason TEXT;
ALTER TABLE panel_members ADD COLUMN successor_id TEXT REFERENCES panel_members(id);
