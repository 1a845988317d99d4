CREATE TRIGGER mission_readings_no_update BEFORE UPDATE ON mission_readings BEGIN SELECT RAISE(ABORT, 'mission_readings is append-only'); END;
CREATE TRIGGER mission_readings_no_delete BEFORE DELETE ON mission_readings BEGIN SELECT RAISE(ABORT, 'mission_readings is append-only'); END;
