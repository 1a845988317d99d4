CREATE TRIGGER call_acknowledgements_no_update BEFORE UPDATE ON call_acknowledgements BEGIN SELECT RAISE(ABORT, 'call_acknowledgements is append-only'); END;
CREATE TRIGGER call_acknowledgements_no_delete BEFORE DELETE ON call_acknowledgements BEGIN SELECT RAISE(ABORT, 'call_acknowledgements is append-only'); END;
