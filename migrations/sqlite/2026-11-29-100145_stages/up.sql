CREATE TRIGGER call_shortlisted_no_update BEFORE UPDATE ON call_shortlisted BEGIN SELECT RAISE(ABORT, 'call_shortlisted is append-only'); END;
CREATE TRIGGER call_shortlisted_no_delete BEFORE DELETE ON call_shortlisted BEGIN SELECT RAISE(ABORT, 'call_shortlisted is append-only'); END;
