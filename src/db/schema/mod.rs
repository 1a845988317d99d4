//! The tables, one file for each room that owns them.
#![allow(missing_docs, reason = "columns are described in migrations/ and by the models that hold them")]

use diesel::query_source::TableNotEqual;

/// Lets every two of these tables stand in one query, as `diesel::allow_tables_to_appear_in_same_query!` does. That writes
/// eight implementations more for each two, for `ONLY` and `TABLESAMPLE`, which nothing here asks for: among fourteen
/// thousand the compiler looked for half a minute.
macro_rules! asked_together {
    ($table:ident $(, $other:ident)* $(,)?) => {
        $(
            impl TableNotEqual<$table::table> for $other::table {}
            impl TableNotEqual<$other::table> for $table::table {}
        )*
        asked_together!($($other),*);
    };
    () => {};
}

mod agreements_tables;
mod applications_tables;
mod awards_tables;
mod calls_tables;
mod compliance_tables;
mod conditions_tables;
mod funds_tables;
mod ground;
mod investments_tables;
mod missions_tables;
mod scoring_tables;
mod stages_tables;
mod subsidies_tables;

pub use agreements_tables::*;
pub use applications_tables::*;
pub use awards_tables::*;
pub use calls_tables::*;
pub use compliance_tables::*;
pub use conditions_tables::*;
pub use ground::*;
pub use missions_tables::*;
pub use scoring_tables::*;
pub use stages_tables::*;
pub use subsidies_tables::*;

asked_together!(invitations, organisations);
asked_together!(invitations, accounts);
asked_together!(quality_final, calls);
asked_together!(quality_final, applications);
asked_together!(audit_rows, audit_links, audit_pending);
asked_together!(calls, call_notices);
// What is shown together is asked together: every table that some join names.
asked_together!(
    accounts,
    members,
    organisations,
    sessions,
    tokens,
    missions,
    mission_departments,
    mission_partners,
    mission_outcomes,
    mission_indicators,
    mission_readings,
    conditions,
    condition_versions,
    social_value_catalogues,
    social_value_measures,
    funds,
    fund_commitments,
    subsidy_routes,
    calls,
    call_acknowledgements,
    call_keys,
    applications,
    envelopes,
    receipts,
    panel_members,
    panel_conflicts,
    moderations,
    price_enquiries,
    disregarded_bids,
    fallen_bids,
    rankings,
    shortlists,
    scores,
    resident_votes,
    resident_roll,
    resident_ballots,
    awards,
    assessment_summaries,
    assessment_summary_mails,
    mails,
    award_challenges,
    award_halts,
    committee_votes,
    agreements,
    obligations,
    obligation_dues,
    claims,
    double_counts,
    remedy_steps,
    investments,
    investment_schedules,
    investment_drawdowns,
    investment_precedents,
    investment_entries,
    investment_valuations,
    investment_restructurings,
    investment_cancellations,
);
pub use funds_tables::*;
pub use investments_tables::*;

asked_together!(ledger_accounts, ledger_transfers);
