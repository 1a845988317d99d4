//! Calls in the words of the domain.

use crate::audit::Recorded;
use crate::db::schema::{
    call_acknowledgements, call_keys, call_notices, call_questions, call_versions, calls, missions,
};
use crate::db::{Json, MultiBackend};
use crate::evaluation::ShortlistRule;
use crate::missions::{Mission, MissionStatus};
use crate::values::{Account, Id, Instant, Pence, Subject, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

// The terms are words of the domain too, in a file of their own because they are long.
pub use super::terms::{
    ConditionAsked, EligibilityQuestion, Instrument, RoundTerms, TenderStage, TenderTerms, Terms, Timetable,
    USUAL_QUORUM, WageArea,
};

crate::text_enum! {
    /// Whether the council buys or invests.
    pub enum CallKind { Tender = "tender" => "Tender", Round = "round" => "Investment round" }
}
crate::text_column!(CallKind);

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

impl Recorded for Call {
    fn authority(&self) -> Id<actor::Organisation> {
        self.authority_id
    }
    fn subject(&self) -> Subject {
        Subject::new("call", self.id)
    }
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

pub(super) fn shown_stage(
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
    /// Whether everybody may see it.
    #[diesel(select_expression = missions::status)]
    pub mission_status: MissionStatus,
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
    /// Which lot of which tender it is; `None` for a call that is none.
    pub lot_heading: Option<String>,
}

impl CallLine {
    /// The stage as people see it at this instant: word and colour of its tag.
    #[must_use]
    pub fn shown_stage(&self, now: Instant) -> (&'static str, &'static str) {
        shown_stage(self.stage, self.published_at, self.deadline_at, now)
    }
}

/// A call as a page lists it: no more columns than it shows, because everybody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = calls, check_for_backend(MultiBackend))]
pub struct CallRow {
    /// Identifier.
    pub id: Id<Call>,
    /// Title of the mission it serves.
    #[diesel(select_expression = missions::title)]
    pub mission: String,
    /// Whether everybody may see that.
    #[diesel(select_expression = missions::status)]
    pub mission_status: MissionStatus,
    /// Tender or round.
    pub kind: CallKind,
    /// Short reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// How far it has come.
    pub stage: CallStage,
    /// Estimated value or pot.
    pub amount: Pence,
    /// Closing instant, once published.
    pub deadline_at: Option<Instant>,
    /// When applicants could first see it.
    pub published_at: Option<Instant>,
    /// Which lot of which tender it is; `None` for a call that is none.
    pub lot_heading: Option<String>,
}

impl From<CallLine> for CallRow {
    fn from(line: CallLine) -> Self {
        let CallLine { id, mission, kind, reference, title, stage, amount, deadline_at, published_at, .. } = line;
        let (mission_status, lot_heading) = (line.mission_status, line.lot_heading);
        CallRow {
            id,
            mission,
            mission_status,
            kind,
            reference,
            title,
            stage,
            amount,
            deadline_at,
            published_at,
            lot_heading,
        }
    }
}

impl CallRow {
    /// As everybody reads it: without the title of a mission that is not public.
    #[must_use]
    pub fn for_everybody(mut self) -> Self {
        if self.mission_status != MissionStatus::Published {
            self.mission.clear();
        }
        self
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
