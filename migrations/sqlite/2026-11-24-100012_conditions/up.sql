CREATE TRIGGER condition_versions_no_update BEFORE UPDATE ON condition_versions BEGIN SELECT RAISE(ABORT, 'condition_versions is append-only'); END;
CREATE TRIGGER condition_versions_no_delete BEFORE DELETE ON condition_versions BEGIN SELECT RAISE(ABORT, 'condition_versions is append-only'); END;
CREATE TRIGGER condition_exceptions_no_update BEFORE UPDATE ON condition_exceptions BEGIN SELECT RAISE(ABORT, 'condition_exceptions is append-only'); END;
CREATE TRIGGER condition_exceptions_no_delete BEFORE DELETE ON condition_exceptions BEGIN SELECT RAISE(ABORT, 'condition_exceptions is append-only'); END;
