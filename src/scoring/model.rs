//! Scoring in the words of the domain.

use crate::applications::Application;
use crate::calls::Call;
use crate::db::schema::{
    disregarded_bids, fallen_bids, moderated_scores, moderations, panel_conflicts, panel_members, price_enquiries,
    rankings, rerankings, score_drafts, scores,
};
use crate::db::{Json, MultiBackend};
use crate::evaluation::{EvaluationFile, LowPriceFlag};
use crate::values::{Account, Id, Instant, LocalDate, actor};
use diesel::prelude::*;

/// An evaluator of a call.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = panel_members, check_for_backend(MultiBackend))]
pub struct PanelMember {
    /// Identifier.
    pub id: Id<PanelMember>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call, which stands for the lot while there is one.
    pub call_id: Id<Call>,
    /// The evaluator.
    pub account_id: Id<Account>,
    /// When.
    pub added_at: Instant,
    /// Who chose the evaluator.
    pub added_by: Id<Account>,
    /// When conflicts were declared, or that there are none.
    pub declared_at: Option<Instant>,
    /// When the evaluator's scores became final.
    pub final_at: Option<Instant>,
    /// When somebody else took the place. What was scored until then is kept, and counts no more.
    pub replaced_at: Option<Instant>,
    /// Why.
    pub replaced_reason: Option<String>,
    /// Who took the place.
    pub successor_id: Option<Id<PanelMember>>,
}

impl PanelMember {
    pub(super) fn new(call: &Call, account_id: Id<Account>, added_by: Id<Account>, added_at: Instant) -> Self {
        PanelMember {
            id: Id::new(),
            authority_id: call.authority_id,
            call_id: call.id,
            account_id,
            added_at,
            added_by,
            declared_at: None,
            final_at: None,
            replaced_at: None,
            replaced_reason: None,
            successor_id: None,
        }
    }
}

crate::text_enum! {
    /// What came of a declared conflict.
    pub enum ConflictOutcome {
        Open = "open" => "Declared",
        NoConflict = "no_conflict" => "No conflict after enquiry",
        Confirmed = "confirmed" => "Conflict confirmed",
    }
}
crate::text_column!(ConflictOutcome);

/// A declared conflict of interest with one bid.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = panel_conflicts, check_for_backend(MultiBackend))]
pub struct Conflict {
    /// Identifier.
    pub id: Id<Conflict>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The evaluator.
    pub account_id: Id<Account>,
    /// The bid.
    pub application_id: Id<Application>,
    /// What it is, in the evaluator's words.
    pub nature: String,
    /// When it was declared.
    pub declared_at: Instant,
    /// What came of it.
    pub outcome: ConflictOutcome,
    /// What the enquiry found.
    pub enquiry: Option<String>,
    /// When.
    pub resolved_at: Option<Instant>,
    /// Who enquired, never the evaluator.
    pub resolved_by: Option<Id<Account>>,
}

/// A score that its evaluator may still change.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = score_drafts, check_for_backend(MultiBackend))]
pub struct ScoreDraft {
    /// Identifier.
    pub id: Id<ScoreDraft>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The evaluator.
    pub account_id: Id<Account>,
    /// The bid.
    pub application_id: Id<Application>,
    /// Criterion of the model.
    pub criterion: String,
    /// Published level, for a quality criterion.
    pub level: Option<i64>,
    /// Answer to a pass/fail criterion.
    pub passed: Option<bool>,
    /// Why, tied to the level text.
    pub reason: String,
    /// Last saved.
    pub saved_at: Instant,
}

/// A final score of one evaluator. Never changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = scores, check_for_backend(MultiBackend))]
pub struct Score {
    /// Identifier.
    pub id: Id<Score>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The evaluator.
    pub account_id: Id<Account>,
    /// The bid.
    pub application_id: Id<Application>,
    /// Criterion of the model.
    pub criterion: String,
    /// Published level, for a quality criterion.
    pub level: Option<i64>,
    /// Answer to a pass/fail criterion.
    pub passed: Option<bool>,
    /// Why, tied to the level text.
    pub reason: String,
    /// When it became final.
    pub final_at: Instant,
}

/// What the panel agreed. The newest row of an answer counts; older ones stay.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = moderated_scores, check_for_backend(MultiBackend))]
pub struct Moderated {
    /// Identifier.
    pub id: Id<Moderated>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// Criterion of the model.
    pub criterion: String,
    /// Agreed level, for a quality criterion.
    pub level: Option<i64>,
    /// Agreed answer to a pass/fail criterion.
    pub passed: Option<bool>,
    /// Why; the bidder reads this and, where it won a tender, every other bidder.
    pub reason: String,
    /// When.
    pub agreed_at: Instant,
    /// Who recorded it.
    pub agreed_by: Id<Account>,
}

/// That moderation of a call is closed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = moderations, check_for_backend(MultiBackend))]
pub struct Moderation {
    /// Identifier.
    pub id: Id<Moderation>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// When.
    pub closed_at: Instant,
    /// Who closed it.
    pub closed_by: Id<Account>,
}

crate::text_enum! {
    /// Why a person leaves a bid out.
    pub enum DisregardGround {
        ExcludedSupplier = "excluded_supplier" => "Excluded supplier (must be left out)",
        ExcludableSupplier = "excludable_supplier" => "Excludable supplier (may be left out)",
        AbnormallyLow = "abnormally_low" => "Abnormally low price that was not justified",
        Breach = "breach" => "Breach of a procedural requirement",
    }
}
crate::text_column!(DisregardGround);

/// A bid that a person decided to leave out.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = disregarded_bids, check_for_backend(MultiBackend))]
pub struct Disregard {
    /// Identifier.
    pub id: Id<Disregard>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// On what ground.
    pub ground: DisregardGround,
    /// Why; the bidder reads this.
    pub reason: String,
    /// When.
    pub decided_at: Instant,
    /// Who decided.
    pub decided_by: Id<Account>,
}

crate::text_enum! {
    /// What came of an enquiry into a low price.
    pub enum EnquiryOutcome {
        Open = "open" => "Price enquiry open",
        Justified = "justified" => "Price justified",
        NotJustified = "not_justified" => "Price not justified",
    }
}
crate::text_column!(EnquiryOutcome);

/// An enquiry that a low price opened.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = price_enquiries, check_for_backend(MultiBackend))]
pub struct Enquiry {
    /// Identifier.
    pub id: Id<Enquiry>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// What opened it.
    pub flags: Json<Vec<LowPriceFlag>>,
    /// When.
    pub opened_at: Instant,
    /// When the supplier was asked.
    pub asked_on: Option<LocalDate>,
    /// What the supplier answered.
    pub answer: Option<String>,
    /// What came of it.
    pub outcome: EnquiryOutcome,
    /// Why.
    pub note: Option<String>,
    /// When.
    pub closed_at: Option<Instant>,
    /// Who decided.
    pub closed_by: Option<Id<Account>>,
    /// What the supplier was asked through the service; empty where it was asked by letter.
    pub question: Option<String>,
    /// Who asked it.
    pub asked_by: Option<Id<Account>>,
    /// Last day to answer what was asked through the service.
    pub answer_by: Option<LocalDate>,
    /// When the supplier answered through the service. What it wrote is then nobody's to change.
    pub answered_at: Option<Instant>,
    /// Who answered for it.
    pub answered_by: Option<Id<Account>>,
}

impl Enquiry {
    /// Whether the supplier still has time to answer what it was asked through the service.
    #[must_use]
    pub fn awaits_answer(&self, today: LocalDate) -> bool {
        self.answered_at.is_none() && self.answer_by.is_some_and(|last| today <= last)
    }

    /// The last day to answer, for people.
    #[must_use]
    pub fn answer_by_words(&self) -> String {
        self.answer_by.map(crate::values::time::medium_date).unwrap_or_default()
    }

    /// The day the supplier was asked, for people.
    #[must_use]
    pub fn asked_words(&self) -> String {
        self.asked_on.map(crate::values::time::medium_date).unwrap_or_default()
    }
}

/// A ranking with everything it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rankings, check_for_backend(MultiBackend))]
pub struct Ranking {
    /// Identifier.
    pub id: Id<Ranking>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// Model, inputs and result.
    pub file: Json<EvaluationFile>,
    /// SHA-256 of the canonical JSON of the file.
    pub hash: String,
    /// When.
    pub made_at: Instant,
    /// Who.
    pub made_by: Id<Account>,
    /// When it was signed.
    pub signed_at: Option<Instant>,
    /// Who signed.
    pub signed_by: Option<Id<Account>>,
}

crate::text_enum! {
    /// Why a bid falls away before the final decision.
    pub enum FallGround {
        Withdrawn = "withdrawn" => "Withdrawn by the bidder",
        ExcludedSupplier = "excluded_supplier" => "Excluded supplier",
        Debarred = "debarred" => "On the debarment list",
        Breach = "breach" => "Breach of a procedural requirement",
    }
}
crate::text_column!(FallGround);

/// A bid that fell away after the opening. Never changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = fallen_bids, check_for_backend(MultiBackend))]
pub struct Fallen {
    /// Identifier.
    pub id: Id<Fallen>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// Why.
    pub ground: FallGround,
    /// The reason in words.
    pub reason: String,
    /// When.
    pub fell_at: Instant,
    /// The bidder's owner, or the officer.
    pub recorded_by: Id<Account>,
}

/// That one ranking came after another because bids fell away. Never changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rerankings, check_for_backend(MultiBackend))]
pub struct Rerank {
    /// Identifier.
    pub id: Id<Rerank>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The ranking with the bids that fell away.
    pub before_id: Id<Ranking>,
    /// The ranking without them.
    pub after_id: Id<Ranking>,
    /// When.
    pub made_at: Instant,
    /// Who.
    pub made_by: Id<Account>,
}
