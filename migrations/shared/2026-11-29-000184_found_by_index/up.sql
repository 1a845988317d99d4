-- What a page or a piece of due work looks for, it finds by an index, however many years of it there are.
CREATE INDEX awards_by_application ON awards (application_id, recommended_at, id);
CREATE INDEX award_checks_by_call ON award_checks (call_id, checked_at, id);
-- Not by stage: lists of one stage go on in the order of publishing, and are to find that index.
CREATE INDEX calls_closing ON calls (deadline_at, id) WHERE deadline_at IS NOT NULL;
CREATE INDEX claims_decided ON claims (state, decided_at, id);
CREATE INDEX claims_by_obligation ON claims (obligation_id, id);
CREATE INDEX double_counts_by_first_due ON double_counts (first_due_id);
CREATE INDEX mission_indicators_by_outcome ON mission_indicators (outcome_id, id);
CREATE INDEX panel_conflicts_by_application ON panel_conflicts (application_id, account_id);
CREATE INDEX shortlists_waiting ON shortlists (authority_id, outcome, proposed_at, id);
CREATE INDEX investment_cancellations_waiting ON investment_cancellations (authority_id, state, proposed_at, id);
CREATE INDEX investment_cancellations_approved ON investment_cancellations (investment_id) WHERE state = 'approved';
CREATE INDEX investment_drawdowns_waiting ON investment_drawdowns (authority_id, state, proposed_at, id);
CREATE INDEX investment_restructurings_waiting ON investment_restructurings (authority_id, state, proposed_at, id);
CREATE INDEX investment_valuations_waiting ON investment_valuations (authority_id, state, proposed_at, id);
CREATE INDEX investment_precedents_waiting ON investment_precedents (authority_id, investment_id) WHERE verified_at IS NULL;
CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (at);
