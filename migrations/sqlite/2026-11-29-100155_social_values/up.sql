CREATE TRIGGER social_value_catalogues_no_update BEFORE UPDATE ON social_value_catalogues BEGIN SELECT RAISE(ABORT, 'social_value_catalogues is append-only'); END;
CREATE TRIGGER social_value_catalogues_no_delete BEFORE DELETE ON social_value_catalogues BEGIN SELECT RAISE(ABORT, 'social_value_catalogues is append-only'); END;
CREATE TRIGGER social_value_measures_no_update BEFORE UPDATE ON social_value_measures BEGIN SELECT RAISE(ABORT, 'social_value_measures is append-only'); END;
CREATE TRIGGER social_value_measures_no_delete BEFORE DELETE ON social_value_measures BEGIN SELECT RAISE(ABORT, 'social_value_measures is append-only'); END;
