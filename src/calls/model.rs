//! Calls in the words of the domain.

use super::lot_terms::LotTerms;
use crate::conditions::{Condition, ConditionBody};
use crate::db::schema::{
    call_acknowledgements, call_keys, call_notices, call_questions, call_versions, calls, missions,
};
use crate::db::{Json, MultiBackend};
use crate::evaluation::{Model, ShortlistRule};
use crate::law::procedures::Procedure;
use crate::law::tendering::Circumstances;
use crate::law::thresholds::ContractType;
use crate::missions::Mission;
use crate::values::{Account, Id, Instant, LocalDate, Pence, Quantity, Share, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Whether the council buys or invests.
    pub enum CallKind { Tender = "tender" => "Tender", Round = "round" => "Investment round" }
}
crate::text_column!(CallKind);

crate::text_enum! {
    /// Which real living wage the hours of a bid are held against.
    pub enum WageArea {
        London = "london" => "Yes, and hold them against the London living wage",
        Uk = "uk" => "Yes, and hold them against the living wage of the rest of the UK",
    }
}

crate::text_enum! {
    /// How far a call has come.
    pub enum CallStage {
        Draft = "draft" => "Draft",
        AwaitingNotice = "awaiting_notice" => "Waiting for its notice",
        Open = "open" => "Open",
        Closed = "closed" => "Closed",
        Withdrawn = "withdrawn" => "Withdrawn",
    }
}
crate::text_column!(CallStage);

crate::text_enum! {
    /// Which envelope of an application.
    pub enum Part { Quality = "quality" => "Quality", Price = "price" => "Price" }
}
crate::text_column!(Part);

crate::text_enum! {
    /// Notices on the national platform, by their code.
    pub enum NoticeKind {
        Tender = "uk4" => "Tender notice (UK4)",
        TenderAmended = "uk4_amended" => "Tender notice, republished (UK4)",
        Award = "uk6" => "Contract award notice (UK6)",
        Details = "uk7" => "Contract details notice (UK7)",
        Termination = "uk12" => "Procurement termination notice (UK12)",
    }
}
crate::text_column!(NoticeKind);

/// What a round may offer.
pub use crate::finance::Instrument;

/// A tender or an investment round.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = calls, check_for_backend(MultiBackend))]
pub struct Call {
    /// Identifier.
    pub id: Id<Call>,
    /// The authority that calls.
    pub authority_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// Tender or round.
    pub kind: CallKind,
    /// Short reference for people, such as `T-2026-0007` or `R-2026-0002`.
    pub reference: String,
    /// Title.
    pub title: String,
    /// What is wanted, in a sentence or two.
    pub summary: String,
    /// How far it has come. `open` past its deadline counts as closed: ask [`Call::is_open`].
    pub stage: CallStage,
    /// Version of the terms; 0 in draft, 1 as first published.
    pub version: i64,
    /// Everything that is frozen at publication.
    pub terms: Json<Terms>,
    /// SHA-256 of the canonical JSON of the terms, once published.
    pub terms_hash: Option<String>,
    /// Closing instant, once published (a copy of the timetable's, for lists).
    pub deadline_at: Option<Instant>,
    /// When applicants could first see it.
    pub published_at: Option<Instant>,
    /// When it was begun.
    pub created_at: Instant,
    /// Who began it.
    pub created_by: Id<Account>,
}

impl Call {
    /// Whether applications are taken at this instant; the deadline instant itself is still in time, even when
    /// the closing job was a little faster than a request that came before it.
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        matches!(self.stage, CallStage::Open | CallStage::Closed)
            && self.deadline_at.is_some_and(|deadline| now <= deadline)
    }

    /// Whether everybody may see it: open, closed, a second stage that waits for its shortlist, or withdrawn after it was
    /// published.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match self.stage {
            CallStage::Open | CallStage::Closed => true,
            // A second stage waits for its shortlist in public: its criteria are published with the first.
            CallStage::Withdrawn | CallStage::AwaitingNotice => self.published_at.is_some(),
            CallStage::Draft => false,
        }
    }

    /// The stage as people see it at this instant: word and colour of its tag.
    #[must_use]
    pub fn shown_stage(&self, now: Instant) -> (&'static str, &'static str) {
        shown_stage(self.stage, self.published_at, self.deadline_at, now)
    }

    /// The published rule of a first stage and its second stage; none where the call shortlists nobody.
    #[must_use]
    pub fn shortlists(&self) -> Option<(&ShortlistRule, Id<Call>)> {
        match self.terms.0.tender.as_ref()?.stage.as_ref()? {
            TenderStage::First { rule, second } => Some((rule, *second)),
            TenderStage::Final { .. } => None,
        }
    }

    /// The first stage of a second one, which only its shortlist may answer; none for every other call.
    #[must_use]
    pub fn by_invitation(&self) -> Option<Id<Call>> {
        self.terms.0.tender.as_ref().and_then(TenderTerms::first_stage)
    }

    /// Estimated value of a tender or pot of a round.
    #[must_use]
    pub fn amount(&self) -> Pence {
        match (&self.terms.0.tender, &self.terms.0.round) {
            (Some(tender), _) => tender.estimated_value,
            (None, Some(round)) => round.pot,
            (None, None) => Pence::ZERO,
        }
    }
}

fn shown_stage(
    stage: CallStage,
    published: Option<Instant>,
    deadline: Option<Instant>,
    now: Instant,
) -> (&'static str, &'static str) {
    match stage {
        // Published and not open: a second stage that waits for its shortlist.
        CallStage::AwaitingNotice if published.is_some() => ("By invitation", "blue"),
        CallStage::Open if deadline.is_some_and(|d| now > d) => (CallStage::Closed.label(), "grey"),
        CallStage::Open => (stage.label(), "green"),
        CallStage::Draft => (stage.label(), "yellow"),
        CallStage::AwaitingNotice => (stage.label(), "orange"),
        CallStage::Closed => (stage.label(), "grey"),
        CallStage::Withdrawn => (stage.label(), "red"),
    }
}

/// A call without its texts, as whatever only asks for its stage and dates needs it; [`super::frozen_terms`] has the rest.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = calls, check_for_backend(MultiBackend))]
pub struct CallFacts {
    /// Identifier.
    pub id: Id<Call>,
    /// The authority that calls.
    pub authority_id: Id<actor::Organisation>,
    /// Tender or round.
    pub kind: CallKind,
    /// How far it has come, as stored.
    pub stage: CallStage,
    /// Version of the terms.
    pub version: i64,
    /// SHA-256 of the canonical JSON of the terms, once published.
    pub terms_hash: Option<String>,
    /// Closing instant, once published.
    pub deadline_at: Option<Instant>,
}

/// A call as lists show it: everything but its terms, which may be long, and the title of its mission.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = calls, check_for_backend(MultiBackend))]
pub struct CallLine {
    /// Identifier.
    pub id: Id<Call>,
    /// The authority that calls.
    pub authority_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// Its title.
    #[diesel(select_expression = missions::title)]
    pub mission: String,
    /// Tender or round.
    pub kind: CallKind,
    /// Short reference.
    pub reference: String,
    /// Title.
    pub title: String,
    /// What is wanted, in a sentence or two.
    pub summary: String,
    /// How far it has come.
    pub stage: CallStage,
    /// Version of the terms.
    pub version: i64,
    /// Estimated value or pot.
    pub amount: Pence,
    /// Closing instant, once published.
    pub deadline_at: Option<Instant>,
    /// When applicants could first see it.
    pub published_at: Option<Instant>,
    /// When it was begun.
    pub created_at: Instant,
}

impl CallLine {
    /// The stage as people see it at this instant: word and colour of its tag.
    #[must_use]
    pub fn shown_stage(&self, now: Instant) -> (&'static str, &'static str) {
        shown_stage(self.stage, self.published_at, self.deadline_at, now)
    }
}

/// A frozen version of the terms.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = call_versions, check_for_backend(MultiBackend))]
pub struct CallVersion {
    /// Identifier.
    pub id: Id<CallVersion>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// 1 as first published.
    pub version: i64,
    /// The terms, whole.
    pub terms: Json<Terms>,
    /// SHA-256 of their canonical JSON.
    pub terms_hash: String,
    /// Why there is a new version.
    pub reason: String,
    /// Why the deadline is or is not extended; only of an amendment.
    pub deadline_reason: Option<String>,
    /// The rehearsal that the officer saw.
    pub warnings: Json<serde_json::Value>,
    /// When.
    pub frozen_at: Instant,
    /// Who.
    pub frozen_by: Id<Account>,
    /// The officer's word that they have seen what the rehearsal of this model found.
    pub acknowledgement_id: Option<Id<Acknowledgement>>,
}

/// A warning of the rehearsal, as an officer was shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningShown {
    /// Stable, in kebab-case.
    pub code: String,
    /// The sentence that was read.
    pub sentence: String,
}

/// An officer's word that they have seen what the rehearsal of a model found. Never changed or deleted; another model,
/// or another expected price, needs another one.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = call_acknowledgements, check_for_backend(MultiBackend))]
pub struct Acknowledgement {
    /// Identifier.
    pub id: Id<Acknowledgement>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// SHA-256 of the canonical JSON of the model that was rehearsed.
    pub model_hash: String,
    /// The price that was expected of a bid.
    pub expected_price: Pence,
    /// Seed of the synthetic fields.
    pub seed: i64,
    /// How many fields were drawn.
    pub fields: i64,
    /// Bids of each field.
    pub bids: i64,
    /// The warnings that were shown.
    pub warnings: Json<Vec<WarningShown>>,
    /// When.
    pub acknowledged_at: Instant,
    /// By which officer.
    pub acknowledged_by: Id<Account>,
}

/// A question about a call and its answer. Nobody is shown who asked.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = call_questions, check_for_backend(MultiBackend))]
pub struct Question {
    /// Identifier.
    pub id: Id<Question>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// As asked.
    pub question: String,
    /// When.
    pub asked_at: Instant,
    /// By whom; kept for the record, shown to nobody.
    pub asked_by: Id<Account>,
    /// The answer, to everybody.
    pub answer: Option<String>,
    /// When it was answered.
    pub answered_at: Option<Instant>,
    /// By which officer.
    pub answered_by: Option<Id<Account>>,
}

/// Everything that publication freezes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// What is wanted, at length: paragraphs of plain text.
    pub description: String,
    /// What only a tender has.
    pub tender: Option<TenderTerms>,
    /// What only an investment round has.
    pub round: Option<RoundTerms>,
    /// Criteria, weights, levels, formulas. Quality criteria are the questions applicants answer: title is
    /// the question; the most words of an answer is in `words`.
    pub model: Model,
    /// Most words of an answer, by criterion; 500 where nothing is said.
    #[serde(default)]
    pub words: std::collections::BTreeMap<String, u32>,
    /// Conditions that come with the money. A social value measure of the model and a condition asked with
    /// the same `id` are the same promise.
    pub conditions: Vec<ConditionAsked>,
    /// Asked before sign-in.
    pub eligibility: Vec<EligibilityQuestion>,
    /// Dates.
    pub timetable: Timetable,
}

impl Terms {
    /// The first stage, when this is the second, to which only its shortlist is invited.
    #[must_use]
    pub fn by_invitation(&self) -> Option<Id<Call>> {
        match self.tender.as_ref()?.stage.as_ref()? {
            TenderStage::Final { first } => Some(*first),
            TenderStage::First { .. } => None,
        }
    }

    /// Whether those who judge see bidders under letters until moderation is final.
    #[must_use]
    pub fn hides_bidders(&self) -> bool {
        self.tender.as_ref().is_some_and(|tender| tender.bidders_hidden)
    }
}

/// Which of two stages a tender is. Both are published together; the words of the rule are frozen with the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TenderStage {
    /// Requests to take part, judged without prices.
    First {
        /// Who goes on.
        rule: ShortlistRule,
        /// The call that takes the final tenders.
        second: Id<Call>,
    },
    /// Final tenders of those who went on.
    Final {
        /// The call that took the requests to take part.
        first: Id<Call>,
    },
}

/// What only a tender has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenderTerms {
    /// Open, competitive flexible, below threshold, light touch, ….
    pub procedure: Procedure,
    /// Which of two stages it is; none for a tender of one stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<TenderStage>,
    /// Decides the threshold.
    pub contract_type: ContractType,
    /// Estimated value including VAT, options and extensions.
    pub estimated_value: Pence,
    /// Decide the minimum period.
    pub circumstances: Circumstances,
    /// First day of the contract.
    pub starts_on: LocalDate,
    /// Last day of the contract.
    pub ends_on: LocalDate,
    /// Whether price is opened only when quality moderation is final.
    pub price_sealed_until_moderated: bool,
    /// Whether those who judge see bidders under letters until moderation is final.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bidders_hidden: bool,
    /// Whether bidders say how many hours of work their price pays for, and which living wage those are held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_asked: Option<WageArea>,
    /// The tender that this is one lot of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotTerms>,
    /// Duties considered before the notice: market engagement, conflicts assessment, social value, policy statement, lots; each with what was decided.
    pub considered: std::collections::BTreeMap<String, String>,
}

impl TenderTerms {
    /// The first stage, when these are the terms of a second one.
    #[must_use]
    pub fn first_stage(&self) -> Option<Id<Call>> {
        match self.stage {
            Some(TenderStage::Final { first }) => Some(first),
            _ => None,
        }
    }

    /// Whether these are the terms of a first stage, which shortlists and awards nothing.
    #[must_use]
    pub fn is_first_stage(&self) -> bool {
        matches!(self.stage, Some(TenderStage::First { .. }))
    }
}

/// What only an investment round has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundTerms {
    /// The fund whose money it is (`funds` owns it), as text, so that this room needs no other.
    pub fund: String,
    /// Money in the pot.
    pub pot: Pence,
    /// Least for one investment.
    pub least: Pence,
    /// Most for one investment.
    pub most: Pence,
    /// What may be offered.
    pub instruments: Vec<Instrument>,
    /// Members of the committee who must vote for or against before an investment is decided; none stands for three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
}

/// How many members of a committee decide where a round says nothing else.
pub const USUAL_QUORUM: u32 = 3;

impl RoundTerms {
    /// How many members of the committee must vote for or against. A recused member is not one of them.
    #[must_use]
    pub fn quorum(&self) -> u32 {
        self.quorum.unwrap_or(USUAL_QUORUM)
    }
}

/// A condition that this call asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConditionAsked {
    /// Unique in the call; the measure of the model it feeds has the same.
    pub id: String,
    /// Catalogue entry.
    pub condition: Id<Condition>,
    /// Version of the entry.
    pub version: i64,
    /// The entry's words as they stood, so that the terms are whole in themselves.
    pub body: ConditionBody,
    /// Target of this call; a promise at the target earns the full mark.
    pub target: Quantity,
    /// Most that one measure may earn of its criterion, when capped.
    pub cap: Option<Share>,
    /// By when.
    pub due: LocalDate,
    /// Whether every applicant must promise at least the target, or says its own figure.
    pub required: bool,
}

/// A question that tells whether somebody can apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityQuestion {
    /// Unique in the call.
    pub id: String,
    /// A question that is answered by yes or no.
    pub question: String,
    /// The answer that lets one apply.
    pub right_answer: bool,
    /// What to do with the other answer.
    pub otherwise: String,
}

/// Dates of a call. Instants are shown in Europe/London.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timetable {
    /// Last instant for questions.
    pub questions_by: Option<Instant>,
    /// Last instant for answers to them.
    pub answers_by: Option<Instant>,
    /// Last instant for applications.
    pub deadline: Option<Instant>,
    /// Planned day of the decision.
    pub decision_on: Option<LocalDate>,
}

/// A recorded notice on the national platform.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = call_notices, check_for_backend(MultiBackend))]
pub struct Notice {
    /// Identifier.
    pub id: Id<Notice>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// Which notice.
    pub kind: NoticeKind,
    /// Its number on the platform.
    pub number: String,
    /// When the platform published it.
    pub published_at: Instant,
    /// When an officer recorded it.
    pub recorded_at: Instant,
    /// Who.
    pub recorded_by: Id<Account>,
}

/// The key that one part of every application to a call is sealed to.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = call_keys, check_for_backend(MultiBackend))]
pub struct CallKey {
    /// Identifier.
    pub id: Id<CallKey>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// Quality or price.
    pub part: Part,
    /// Public half.
    pub recipient: String,
    /// Secret half, wrapped by the installation's keys.
    pub wrapped: String,
}
