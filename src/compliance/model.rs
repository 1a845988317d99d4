//! Obligations over time, in the words of the domain.

use crate::agreements::{Agreement, Obligation};
use crate::audit::Recorded;
use crate::db::MultiBackend;
use crate::db::schema::{claims, counted_once, double_counts, obligation_dues, remedy_steps};
use crate::missions::Mission;
use crate::values::{Account, Id, Instant, LocalDate, Quantity, Share, Subject, actor};
use diesel::prelude::*;

crate::text_enum! {
    /// What has become of one due date of an obligation.
    pub enum DueState {
        Pending = "pending" => "Not decided yet",
        Met = "met" => "Met",
        Missed = "missed" => "Missed, can be put right",
        Cured = "cured" => "Cured",
        Breached = "breached" => "In breach",
        Waived = "waived" => "Waived",
        Reserved = "reserved" => "Rights reserved",
        Enforced = "enforced" => "Remedy taken",
        Closed = "closed" => "Closed with the agreement",
    }
}
crate::text_column!(DueState);

impl DueState {
    /// Colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            DueState::Pending | DueState::Closed => "grey",
            DueState::Met | DueState::Cured => "green",
            DueState::Missed => "orange",
            DueState::Breached | DueState::Enforced => "red",
            DueState::Waived | DueState::Reserved => "yellow",
        }
    }

    /// Whether the cure deadline has passed without the promise being kept.
    #[must_use]
    pub fn was_breached(self) -> bool {
        matches!(self, DueState::Breached | DueState::Enforced | DueState::Waived | DueState::Reserved)
    }
}

crate::text_enum! {
    /// What has become of a reported figure.
    pub enum ClaimState {
        Reported = "reported" => "Being checked",
        Queried = "queried" => "Queried",
        Accepted = "accepted" => "Accepted",
        Rejected = "rejected" => "Rejected",
        Replaced = "replaced" => "Replaced by a newer figure",
    }
}
crate::text_column!(ClaimState);

impl ClaimState {
    /// Colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            ClaimState::Reported => "blue",
            ClaimState::Queried => "orange",
            ClaimState::Accepted => "green",
            ClaimState::Rejected => "red",
            ClaimState::Replaced => "grey",
        }
    }
}

crate::text_enum! {
    /// Moments that every due date passes while nothing is decided.
    pub enum Moment {
        FortnightBefore = "fortnight_before" => "14 days before",
        ThreeDaysBefore = "three_days_before" => "3 days before",
        DayAfter = "day_after" => "1 day after",
        GraceOver = "grace_over" => "The days of grace are over",
        CureOver = "cure_over" => "The time to put it right is over",
    }
}
crate::text_column!(Moment);

crate::text_enum! {
    /// What may be counted only once.
    pub enum Counted { Beneficiary = "beneficiary" => "Beneficiary", Evidence = "evidence" => "Evidence" }
}
crate::text_column!(Counted);

crate::text_enum! {
    /// What the council does about a breach.
    pub enum RemedyKind {
        Step = "step" => "Take the next step of the ladder",
        Waive = "waive" => "Waive it",
        Reserve = "reserve" => "Reserve the council's rights",
    }
}
crate::text_column!(RemedyKind);

/// One period of an obligation and the figure that is due for it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = obligation_dues, check_for_backend(MultiBackend))]
pub struct Due {
    /// Identifier.
    pub id: Id<Due>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The agreement.
    pub agreement_id: Id<Agreement>,
    /// The obligation.
    pub obligation_id: Id<Obligation>,
    /// Who owes the figure.
    pub organisation_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// The period in words.
    pub period: String,
    /// First day of the period.
    pub starts_on: LocalDate,
    /// Last day of the period.
    pub ends_on: LocalDate,
    /// Last day to report.
    pub due_on: LocalDate,
    /// First instant after that day in London, for order.
    pub due_at: Instant,
    /// Where the figure should stand at the end of the period.
    pub target: Quantity,
    /// Whether falling short of the target is a miss: from the date of the promise on. Before, the target is a
    /// milestone on the straight line, and only a missing figure is a miss.
    pub binding: bool,
    /// What has become of it.
    pub state: DueState,
    /// State of the newest figure, when one was reported.
    pub claim_state: Option<ClaimState>,
    /// Last day of grace.
    pub grace_until: LocalDate,
    /// Last day to put a miss right, once missed.
    pub cure_by: Option<LocalDate>,
    /// Index of the next step of the remedy ladder.
    pub next_step: i64,
    /// When it was made.
    pub created_at: Instant,
}

impl Recorded for Due {
    fn authority(&self) -> Id<actor::Organisation> {
        self.authority_id
    }
    /// Every act about an obligation is written to its agreement, so that the agreement's page tells the whole story.
    fn subject(&self) -> Subject {
        Subject::new("agreement", self.agreement_id)
    }
}

impl Due {
    /// The one word for it, the same for staff and organisation: the figure's state while it waits, else its own.
    #[must_use]
    pub fn word(&self) -> (&'static str, &'static str) {
        match (self.state, self.claim_state) {
            (DueState::Pending | DueState::Missed, Some(ClaimState::Reported)) => ("Being checked", "blue"),
            (DueState::Pending | DueState::Missed, Some(ClaimState::Queried)) => ("Queried", "orange"),
            (DueState::Pending, Some(ClaimState::Rejected)) => ("Rejected, report again", "orange"),
            (DueState::Pending, Some(ClaimState::Accepted)) => ("Accepted, below target", "yellow"),
            (DueState::Pending, _) => ("Figure due", "grey"),
            (state, _) => (state.label(), state.colour()),
        }
    }
}

/// A reported figure: how the measure stands at the end of the period, counted since the agreement began.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = claims, check_for_backend(MultiBackend))]
pub struct Claim {
    /// Identifier.
    pub id: Id<Claim>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The agreement.
    pub agreement_id: Id<Agreement>,
    /// The obligation.
    pub obligation_id: Id<Obligation>,
    /// The due date it answers.
    pub due_id: Id<Due>,
    /// Who reported.
    pub organisation_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// Last day of the period.
    pub ends_on: LocalDate,
    /// What has become of it.
    pub state: ClaimState,
    /// As reported.
    pub quantity: Quantity,
    /// What of it counts here, after shared beneficiaries and evidence are apportioned.
    pub counted: Quantity,
    /// What the officer accepted, at most what counts.
    pub verified: Option<Quantity>,
    /// What the organisation says about it.
    pub note: String,
    /// Beneficiaries listed with it.
    pub beneficiaries: i64,
    /// When.
    pub reported_at: Instant,
    /// Who.
    pub reported_by: Id<Account>,
    /// Why it was queried or rejected.
    pub reason: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Instant>,
    /// By whom.
    pub decided_by: Option<Id<Account>>,
}

/// An entry of the claim ledger: what was counted for a measure and period, and with which share.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = counted_once, check_for_backend(MultiBackend))]
pub struct LedgerEntry {
    /// Identifier.
    pub id: Id<LedgerEntry>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// Measure and unit, normalised.
    pub measure: String,
    /// Beneficiary or evidence.
    pub kind: Counted,
    /// Keyed fingerprint of a reference, or SHA-256 of a file; never the reference itself.
    pub fingerprint: String,
    /// First day of the period.
    pub starts_on: LocalDate,
    /// Last day of the period.
    pub ends_on: LocalDate,
    /// The obligation it counts for.
    pub obligation_id: Id<Obligation>,
    /// The claim that counted it.
    pub claim_id: Id<Claim>,
    /// How much of it counts there.
    pub share: Share,
}

/// A figure that was refused because somebody else had counted the same, and how an officer apportioned it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = double_counts, check_for_backend(MultiBackend))]
pub struct DoubleCount {
    /// Identifier.
    pub id: Id<DoubleCount>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// Measure and unit, normalised.
    pub measure: String,
    /// Beneficiary or evidence.
    pub kind: Counted,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The due date whose figure was refused.
    pub due_id: Id<Due>,
    /// Its obligation.
    pub obligation_id: Id<Obligation>,
    /// Its organisation.
    pub organisation_id: Id<actor::Organisation>,
    /// The claim that counted it first.
    pub first_claim_id: Id<Claim>,
    /// The due date that claim answers.
    pub first_due_id: Id<Due>,
    /// Its obligation.
    pub first_obligation_id: Id<Obligation>,
    /// Its organisation.
    pub first_organisation_id: Id<actor::Organisation>,
    /// When it was refused.
    pub refused_at: Instant,
    /// How much counts for the refused one, once apportioned.
    pub share: Option<Share>,
    /// How much is left to the first, once apportioned.
    pub first_share: Option<Share>,
    /// Why it is shared so.
    pub reason: Option<String>,
    /// When it was apportioned.
    pub decided_at: Option<Instant>,
    /// By whom.
    pub decided_by: Option<Id<Account>>,
}

/// A step proposed or taken about a breach.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = remedy_steps, check_for_backend(MultiBackend))]
pub struct RemedyStep {
    /// Identifier.
    pub id: Id<RemedyStep>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The agreement.
    pub agreement_id: Id<Agreement>,
    /// The due date in breach.
    pub due_id: Id<Due>,
    /// Step, waiver or reservation.
    pub kind: RemedyKind,
    /// Index in the ladder.
    pub step: i64,
    /// The step in words.
    pub title: String,
    /// Why it is proposed.
    pub reason: String,
    /// When.
    pub proposed_at: Instant,
    /// By whom; empty when the passing of the cure deadline proposed it.
    pub proposed_by: Option<Id<Account>>,
    /// When another proposal took its place.
    pub withdrawn_at: Option<Instant>,
    /// When it was taken.
    pub taken_at: Option<Instant>,
    /// By whom, never who proposed it.
    pub taken_by: Option<Id<Account>>,
    /// Why, in the words of who took it.
    pub taken_reason: Option<String>,
}
