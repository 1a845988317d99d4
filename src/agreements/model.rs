//! Agreements and obligations in the words of the domain.

use crate::applications::Application;
pub use crate::awards::AwardKind as AgreementKind;
use crate::awards::{Award, AwardTerms};
use crate::calls::Call;
use crate::conditions::{Cadence, Condition, Direction, Pace, Verifier};
use crate::db::schema::{agreement_changes, agreements, obligations};
use crate::db::{Json, MultiBackend};
use crate::missions::Mission;
use crate::values::{Account, Id, Instant, LocalDate, Pence, Quantity, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

crate::text_column!(Direction);
crate::text_enum! {
    /// Whether an agreement runs.
    pub enum AgreementState {
        Active = "active" => "Running",
        Completed = "completed" => "Completed",
        Terminated = "terminated" => "Ended early",
    }
}
crate::text_column!(AgreementState);

impl AgreementState {
    /// Colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            AgreementState::Active => "green",
            AgreementState::Completed => "grey",
            AgreementState::Terminated => "red",
        }
    }
}

/// A contract or an investment agreement.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreements, check_for_backend(MultiBackend))]
pub struct Agreement {
    /// Identifier.
    pub id: Id<Agreement>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// The call it came from.
    pub call_id: Id<Call>,
    /// The application it came from.
    pub application_id: Id<Application>,
    /// The award it came from.
    pub award_id: Id<Award>,
    /// The other party.
    pub organisation_id: Id<actor::Organisation>,
    /// Contract or investment.
    pub kind: AgreementKind,
    /// Whether it runs.
    pub state: AgreementState,
    /// Short reference for people, such as `C-2026-0003` or `I-2026-0012`.
    pub reference: String,
    /// Title.
    pub title: String,
    /// Contract value including VAT, or amount invested.
    pub value: Pence,
    /// First day.
    pub starts_on: LocalDate,
    /// Last day.
    pub ends_on: LocalDate,
    /// Terms as signed.
    pub terms: Json<AwardTerms>,
    /// When it was signed.
    pub signed_at: Instant,
    /// Who signed for the authority; empty when acceptance of an offer made it.
    pub signed_by: Option<Id<Account>>,
    /// When it ended.
    pub ended_at: Option<Instant>,
}

impl Agreement {
    /// The day it was completed or ended early; none while it runs.
    #[must_use]
    pub fn ended_on(&self) -> Option<LocalDate> {
        self.ended_at.map(Instant::date)
    }
}

/// A promise that became an obligation.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = obligations, check_for_backend(MultiBackend))]
pub struct Obligation {
    /// Identifier.
    pub id: Id<Obligation>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The agreement.
    pub agreement_id: Id<Agreement>,
    /// Whose obligation.
    pub organisation_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// Catalogue entry it came from.
    pub condition_id: Id<Condition>,
    /// Its id in the call.
    pub asked_id: String,
    /// "Fair pay".
    pub title: String,
    /// What is counted.
    pub measure: String,
    /// Unit.
    pub unit: String,
    /// Which side of the promise keeps it.
    pub direction: Direction,
    /// Where it started.
    pub baseline: Quantity,
    /// What was promised.
    pub promised: Quantity,
    /// Whether it is one of the contract's key performance indicators.
    pub kpi: bool,
    /// The rest.
    pub terms: Json<ObligationTerms>,
    /// When it was made.
    pub created_at: Instant,
}

crate::text_enum! {
    /// What was recorded about an agreement after its terms.
    pub enum ChangeKind {
        NoKpis = "no_kpis" => "No key performance indicators set",
        Change = "change" => "Terms changed",
        Completion = "completion" => "Completed",
        Termination = "termination" => "Ended early",
    }
}
crate::text_column!(ChangeKind);

/// A change, completion or ending of an agreement, or the reason why it has no key performance indicators.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreement_changes, check_for_backend(MultiBackend))]
pub struct AgreementChange {
    /// Identifier.
    pub id: Id<AgreementChange>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The agreement.
    pub agreement_id: Id<Agreement>,
    /// What was recorded.
    pub kind: ChangeKind,
    /// Why.
    pub reason: String,
    /// Value before, including VAT.
    pub old_value: Pence,
    /// Value after.
    pub new_value: Pence,
    /// Last day before.
    pub old_ends_on: LocalDate,
    /// Last day after.
    pub new_ends_on: LocalDate,
    /// Number of the notice on the national platform, where one was due first.
    pub notice_number: Option<String>,
    /// When.
    pub made_at: Instant,
    /// Who.
    pub made_by: Id<Account>,
}

/// The rest of an obligation, as the call asked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationTerms {
    /// By when.
    pub due: LocalDate,
    /// How often a figure is due.
    pub cadence: Cadence,
    /// Whether it builds up to its date or holds from the first day.
    #[serde(default)]
    pub pace: Pace,
    /// What counts as evidence.
    pub evidence: Vec<String>,
    /// Who checks.
    pub verifier: Verifier,
    /// Days after a due date before a figure counts as missed.
    pub grace_days: i64,
    /// Days to cure.
    pub cure_days: i64,
    /// The remedy ladder, mildest first.
    pub remedies: Vec<String>,
    /// After this it no longer binds.
    pub sunset: Option<LocalDate>,
    /// How the applicant said it would do and show it.
    pub how: String,
}
