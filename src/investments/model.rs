//! Investments in the words of the domain.

use crate::agreements::Agreement;
use crate::audit::Recorded;
use crate::awards::InvestmentOffer;
use crate::db::schema::{
    investment_cancellations, investment_drawdowns, investment_entries, investment_facts, investment_precedents,
    investment_restructurings, investment_schedules, investment_valuations, investments,
};
use crate::db::{Json, MultiBackend};
use crate::finance::payments::AllocationLine;
use crate::finance::schedule::Tranche;
use crate::finance::terms::{Fact, FactKind, Happened, NewHoliday, NewTerms};
use crate::finance::{Allocation, InstrumentTerms, Schedule};
use crate::funds::Fund;
use crate::missions::Mission;
use crate::people::policy::Thing;
use crate::values::{Account, Id, Instant, LocalDate, Pence, Rate, Subject, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// How far an investment has come, as stored. Whether it is in arrears is derived: see `Standing`.
    pub enum InvestmentState {
        AwaitingDrawdown = "awaiting_drawdown" => "Waiting for its first payment out",
        Running = "running" => "Running",
        Repaid = "repaid" => "Repaid",
        WrittenOff = "written_off" => "Written off",
        Ended = "ended" => "Ended",
    }
}
crate::text_column!(InvestmentState);
crate::text_column!(FactKind);

impl InvestmentState {
    /// Whether nothing more is held: repaid, written off or ended.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, InvestmentState::Repaid | InvestmentState::WrittenOff | InvestmentState::Ended)
    }
}

crate::text_enum! {
    /// How far something has come that one person proposes and another decides.
    pub enum ProposalState { Proposed = "proposed" => "Proposed", Approved = "approved" => "Approved", Declined = "declined" => "Declined" }
}
crate::text_column!(ProposalState);

crate::text_enum! {
    /// What an entry of an investment's account is.
    pub enum EntryKind {
        Receipt = "receipt" => "Payment received",
        Credit = "credit" => "Earlier overpayment used",
        Reversal = "reversal" => "Reversed",
        Charge = "charge" => "Fee charged",
        Refund = "refund" => "Overpayment paid back",
        Recovery = "recovery" => "Recovered after the write-off",
    }
}
crate::text_column!(EntryKind);

impl EntryKind {
    /// Whether a person records it, and may reverse it.
    #[must_use]
    pub fn is_recorded(self) -> bool {
        !matches!(self, EntryKind::Credit | EntryKind::Reversal)
    }
}

crate::text_enum! {
    /// How a holding was valued.
    pub enum ValuationMethod {
        Balance = "balance" => "What is still owed",
        Discounted = "discounted" => "Expected payments, discounted",
        Impaired = "impaired" => "What is still owed, less expected losses",
        Cost = "cost" => "What was paid for it",
        LatestRound = "latest_round" => "The price of the latest round of shares",
        FairValue = "fair_value" => "Fair value from earnings, net assets or comparable companies",
        WriteOff = "write_off" => "Written off: nothing more is expected",
    }
}
crate::text_column!(ValuationMethod);

/// Money of a fund in an enterprise, by one instrument under one agreement.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investments, check_for_backend(MultiBackend))]
pub struct Investment {
    /// Identifier.
    pub id: Id<Investment>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The fund.
    pub fund_id: Id<Fund>,
    /// The agreement: one investment for each of its parts.
    pub agreement_id: Id<Agreement>,
    /// Which part of the agreement, from 1.
    pub part: i64,
    /// The enterprise.
    pub organisation_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// The agreement's reference, of a package with the number of the part: `I-2026-0012-2`.
    pub reference: String,
    /// What the money is for.
    pub title: String,
    /// How far it has come.
    pub state: InvestmentState,
    /// All tranches together.
    pub amount: Pence,
    /// What was agreed.
    pub terms: Json<InvestmentOffer>,
    /// The schedule in force; 0 before the first payment out.
    pub schedule_version: i64,
    /// When the agreement made it.
    pub opened_at: Instant,
    /// The day it was repaid or written off.
    pub closed_on: Option<LocalDate>,
}

impl Recorded for Investment {
    fn authority(&self) -> Id<actor::Organisation> {
        self.authority_id
    }
    fn subject(&self) -> Subject {
        self.owner()
    }
}

impl Investment {
    /// The investment as the policy judges it. It names the enterprise, so that nobody decides as staff about their own.
    #[must_use]
    pub fn thing(&self) -> Thing {
        Thing::of_applicant(self.authority_id, self.organisation_id)
    }

    /// The investment as an owner of ledger accounts.
    #[must_use]
    pub fn owner(&self) -> Subject {
        Subject::new("investment", self.id)
    }

    /// Whether it was cancelled: it ended, and nothing of it was ever paid out.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state == InvestmentState::Ended && self.schedule_version == 0
    }

    /// How far it has come, in a word.
    #[must_use]
    pub fn state_word(&self) -> &'static str {
        if self.is_cancelled() { "Cancelled" } else { self.state.label() }
    }
}

/// What must be so before a tranche is paid.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_precedents, check_for_backend(MultiBackend))]
pub struct Precedent {
    /// Identifier.
    pub id: Id<Precedent>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// The tranche, from 1.
    pub tranche: i64,
    /// Its place in the list, from 1.
    pub position: i64,
    /// What must be so.
    pub text: String,
    /// The planned day of the tranche.
    pub due_on: Option<LocalDate>,
    /// What showed it.
    pub evidence: Option<String>,
    /// Who verified it.
    pub verified_by: Option<Id<Account>>,
    /// When.
    pub verified_at: Option<Instant>,
}

/// A payment out, proposed by one person and decided by another.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_drawdowns, check_for_backend(MultiBackend))]
pub struct Drawdown {
    /// Identifier.
    pub id: Id<Drawdown>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// The tranche, from 1.
    pub tranche: i64,
    /// The whole tranche.
    pub amount: Pence,
    /// The day the money is paid.
    pub pay_on: LocalDate,
    /// How far it has come.
    pub state: ProposalState,
    /// Who proposed it.
    pub proposed_by: Id<Account>,
    /// When.
    pub proposed_at: Instant,
    /// Who decided, never the same person.
    pub decided_by: Option<Id<Account>>,
    /// When.
    pub decided_at: Option<Instant>,
}

/// A schedule from a day on. It is never edited: a change makes the next version.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_schedules, check_for_backend(MultiBackend))]
pub struct ScheduleVersion {
    /// Identifier.
    pub id: Id<ScheduleVersion>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// From 1.
    pub version: i64,
    /// From this day.
    pub effective_on: LocalDate,
    /// What it was made from.
    pub terms: Json<MadeFrom>,
    /// The rows.
    pub schedule: Json<Schedule>,
    /// Why it was made.
    pub reason: String,
    /// When.
    pub made_at: Instant,
}

/// What a schedule was made from: whoever has it can make the rows again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFrom {
    /// The terms agreed.
    pub terms: InstrumentTerms,
    /// What was drawn.
    pub draws: Vec<Tranche>,
    /// What had happened, in the order it was recorded.
    pub facts: Vec<KnownFact>,
    /// The day it was made.
    pub today: LocalDate,
    /// What is not due any more of earlier instalments: changes of the loan moved it to later ones or gave it up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<AllocationLine>,
}

/// What happened, with where the figure comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFact {
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
    /// Where the figure comes from.
    pub source: String,
    /// Whether the enterprise reported it itself.
    pub by_enterprise: bool,
}

/// What happened alone, as the terms take it.
#[must_use]
pub fn happened(known: &[KnownFact]) -> Vec<Fact> {
    known.iter().map(|k| k.fact).collect()
}

/// Something that happened and was reported: revenue, a dividend, a sale. It is never edited; a later report corrects it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_facts, check_for_backend(MultiBackend))]
pub struct StoredFact {
    /// Identifier.
    pub id: Id<StoredFact>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// What kind of report it is.
    pub kind: FactKind,
    /// The day it belongs to: for a period its due date.
    pub about_on: LocalDate,
    /// What happened.
    pub body: Json<Happened>,
    /// Where the figure comes from.
    pub source: String,
    /// Whether the enterprise reported it itself.
    pub by_enterprise: bool,
    /// Who reported it.
    pub made_by: Option<Id<Account>>,
    /// When.
    pub made_at: Instant,
}

impl StoredFact {
    /// As schedules keep it.
    #[must_use]
    pub fn known(&self) -> KnownFact {
        let fact = Fact { on: self.about_on, known_on: self.made_at.date(), what: self.body.0 };
        KnownFact { fact, source: self.source.clone(), by_enterprise: self.by_enterprise }
    }
}

/// One line of an investment's account.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_entries, check_for_backend(MultiBackend))]
pub struct Entry {
    /// Identifier.
    pub id: Id<Entry>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// What it is.
    pub kind: EntryKind,
    /// The entry that a reversal cancels.
    pub reverses_id: Option<Id<Entry>>,
    /// The day the money came in or was paid back, a credit was used, or a fee falls due.
    pub booked_on: LocalDate,
    /// How much.
    pub amount: Pence,
    /// The instalment that a fee is paid with.
    pub instalment: Option<i64>,
    /// What it paid. A reversal repeats the allocation that it cancels.
    pub allocation: Json<Allocation>,
    /// Remark or reason.
    pub note: String,
    /// The bank's reference of a receipt, a recovery or a refund, unique in the investment.
    pub reference: Option<String>,
    /// Who recorded it; empty when the schedule did.
    pub made_by: Option<Id<Account>>,
    /// When.
    pub made_at: Instant,
}

/// What a holding is worth on a day, proposed by one person and decided by another.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_valuations, check_for_backend(MultiBackend))]
pub struct Valuation {
    /// Identifier.
    pub id: Id<Valuation>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// The day.
    pub valued_on: LocalDate,
    /// The value, not negative.
    pub value: Pence,
    /// How.
    pub method: ValuationMethod,
    /// Why this value.
    pub reason: String,
    /// How far it has come.
    pub state: ProposalState,
    /// Who proposed it.
    pub proposed_by: Id<Account>,
    /// When.
    pub proposed_at: Instant,
    /// Who decided, never the same person.
    pub decided_by: Option<Id<Account>>,
    /// When.
    pub decided_at: Option<Instant>,
}

crate::text_enum! {
    /// What becomes of what is overdue when a running loan is changed.
    pub enum OverdueChoice {
        Stays = "stays" => "It stays due now",
        Added = "added" => "It is added to the loan and paid with the payments to come",
        InterestGivenUp = "interest_given_up" => "Overdue interest is given up; overdue capital is paid with the payments to come",
    }
}

/// What is asked for when a running loan is changed. What is left out stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Due dates from then on, those of a holiday counted.
    pub instalments: Option<u32>,
    /// The first of them.
    pub first_due: Option<LocalDate>,
    /// The new yearly rate.
    pub rate: Option<Rate>,
    /// A holiday from the first of them on.
    pub holiday: Option<NewHoliday>,
    /// What becomes of what is overdue on the day of approval.
    pub overdue: OverdueChoice,
    /// The part of the loan that is given up.
    pub written_off: Pence,
}

/// A change of a running loan, proposed by one person and decided by another.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_restructurings, check_for_backend(MultiBackend))]
pub struct Restructuring {
    /// Identifier.
    pub id: Id<Restructuring>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// From this day.
    pub from_on: LocalDate,
    /// What was asked.
    pub asked: Json<Asked>,
    /// Why.
    pub reason: String,
    /// How far it has come.
    pub state: ProposalState,
    /// The new terms as approved, with what was overdue then.
    pub agreed: Option<Json<NewTerms>>,
    /// Who proposed it.
    pub proposed_by: Id<Account>,
    /// When.
    pub proposed_at: Instant,
    /// Who decided, never the same person.
    pub decided_by: Option<Id<Account>>,
    /// When.
    pub decided_at: Option<Instant>,
    /// Why it was declined; who proposed it reads it. Older ones have none.
    pub decline_reason: Option<String>,
}

/// Cancelling an investment of which nothing was paid out, proposed by one person and decided by another.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = investment_cancellations, check_for_backend(MultiBackend))]
pub struct Cancellation {
    /// Identifier.
    pub id: Id<Cancellation>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The investment.
    pub investment_id: Id<Investment>,
    /// Why.
    pub reason: String,
    /// How far it has come.
    pub state: ProposalState,
    /// Why it was declined; who proposed it reads it.
    pub decline_reason: Option<String>,
    /// Who proposed it.
    pub proposed_by: Id<Account>,
    /// When.
    pub proposed_at: Instant,
    /// Who decided, never the same person.
    pub decided_by: Option<Id<Account>>,
    /// When.
    pub decided_at: Option<Instant>,
}
