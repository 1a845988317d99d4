ALTER TABLE panel_members DROP COLUMN successor_id;
ALTER TABLE panel_members DROP COLUMN replaced_reason;
ALTER TABLE panel_members DROP COLUMN replaced_at;
