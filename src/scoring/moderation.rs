//! Moderation: from individual scores to what the panel agrees. Originals stay as they were given.

use super::bids::{self, Answer, Opened};
use super::enquiries;
use super::model::{Disregard, DisregardGround, Enquiry, EnquiryOutcome, Moderated, Moderation};
use super::panel::{note, refuse_conflicted};
use super::rules::{self, ScoringRefusal};
use super::sheets::{ScoreInput, read};
use super::store;
use crate::app::App;
use crate::applications::{self, Application, refuse_bidder};
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::policy::{Action, require};
use crate::values::{Actor, Id, Instant, Parser};
use serde::Deserialize;
use serde_json::json;

/// Records what the panel agrees on one answer. Agreeing again adds a row and keeps the one before.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, while evaluators still score, once moderation is closed,
/// and when something else is agreed by now than what was read.
pub async fn agree(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    application: Id<Application>,
    criterion: &str,
    input: &ScoreInput,
    now: Instant,
) -> Result<()> {
    let given = read(input, true)?;
    let agreed_by = actor.account().ok_or(Error::Denied)?;
    let (actor, criterion, was_read) = (actor.clone(), criterion.to_owned(), input.read.clone());
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            let bids = bids::opened(db, call.id)?;
            let wanted = Answer { application, criterion: criterion.clone() };
            if !bids::answers_to_score(&call, &bids).contains(&wanted) {
                return Err(Error::NotFound);
            }
            if store::moderation_closed(db, call.id)?.is_some() {
                return Err(ScoringRefusal::ModerationClosed.into());
            }
            rules::may_moderate(&store::panel(db, call.id)?, &store::conflicts(db, call.id)?)?;
            let model_criterion = call.terms.0.model.criterion(&criterion).ok_or(Error::NotFound)?;
            if !rules::fits(model_criterion, given.level, given.passed) {
                return Err(Error::field("level", "Choose one of the published levels"));
            }
            rules::agreed_as_read(store::standing_agreement(db, call.id, application, &criterion)?, &was_read)?;
            let row = Moderated {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                application_id: application,
                criterion: criterion.clone(),
                level: given.level,
                passed: given.passed,
                reason: given.reason.clone(),
                agreed_at: now,
                agreed_by,
            };
            store::insert_moderated(db, &row)?;
            note(
                db,
                &actor,
                &call,
                "score.agreed",
                json!({
                    "moderated": row.id, "application": application, "criterion": criterion,
                    "level": given.level, "passed": given.passed,
                }),
                now,
            )
        })
        .await
}

/// How many answers are not agreed yet.
pub(super) fn missing(call: &Call, bids: &[Opened], agreed: impl Fn(&Answer) -> bool) -> usize {
    bids::answers_to_score(call, bids).iter().filter(|a| !agreed(a)).count()
}

/// Closes the moderation once every answer is agreed; from then on prices may be opened and agreed scores stand.
///
/// # Errors
/// Denied; refused to who declared a conflict, and while an answer is not agreed.
pub async fn close(app: &App, actor: &Actor, call: Id<Call>, now: Instant) -> Result<()> {
    let closed_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            if store::moderation_closed(db, call.id)?.is_some() {
                return Err(ScoringRefusal::ModerationClosed.into());
            }
            rules::may_moderate(&store::panel(db, call.id)?, &store::conflicts(db, call.id)?)?;
            let bids = bids::opened(db, call.id)?;
            if bids.is_empty() {
                return Err(ScoringRefusal::NotOpened.into());
            }
            let agreed = store::moderated(db, call.id)?;
            let missing = missing(&call, &bids, |a| agreed.contains_key(&(a.application, a.criterion.clone())));
            if missing > 0 {
                return Err(ScoringRefusal::NotAgreed { missing }.into());
            }
            let row = Moderation {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                closed_at: now,
                closed_by,
            };
            store::insert_moderation(db, &row)?;
            applications::mark_quality_final(db, &call, now)?;
            outbox::emit(db, "scoring.quality_final", json!({ "call": call.id }), now)?;
            note(db, &actor, &call, "moderation.closed", json!({ "answers": agreed.len() }), now)
        })
        .await
}

/// Leaving a bid out.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct DisregardInput {
    /// `excluded_supplier`, `excludable_supplier`, `abnormally_low` or `breach`.
    pub ground: String,
    /// Why; the bidder reads this.
    pub reason: String,
}

/// Leaves a bid out of the ranking by decision of a person, with the reason that the bidder will read.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, for a price that was justified or not asked about, and
/// once the ranking is signed.
pub async fn disregard(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    application: Id<Application>,
    input: &DisregardInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let ground = form.value::<DisregardGround>("ground", &input.ground, "Choose the ground");
    let reason = form.text("reason", &input.reason, 2000, "Give the reason. Who sent it reads this");
    form.finish()?;
    let Some(ground) = ground else { return Err(Error::field("ground", "Choose the ground")) };
    let decided_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            if !bids::opened(db, call.id)?.iter().any(|b| b.application.id == application) {
                return Err(Error::NotFound);
            }
            if store::signed_ranking(db, call.id)?.is_some() {
                return Err(ScoringRefusal::RankingSigned.into());
            }
            let enquiry =
                store::enquiries(db, call.id)?.into_iter().find(|e| e.application_id == application).map(|e| e.outcome);
            rules::may_disregard(ground, enquiry)?;
            let row = Disregard {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                application_id: application,
                ground,
                reason: reason.clone(),
                decided_at: now,
                decided_by,
            };
            store::insert_disregard(db, &row)?;
            note(db, &actor, &call, "bid.disregarded", json!({ "application": application, "ground": ground }), now)
        })
        .await
}

/// What a supplier said of its price, and what came of it. What was asked and answered through the service stands and
/// need not be sent.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct EnquiryInput {
    /// When the supplier was asked.
    pub asked_on: String,
    /// What it answered; empty while it has not.
    pub answer: String,
    /// `open`, `justified` or `not_justified`.
    pub outcome: String,
    /// Why.
    pub note: String,
}

/// Records an enquiry into a low price.
///
/// # Errors
/// Invalid, Denied; refused to who declared a conflict, and once the ranking is signed.
pub async fn record_enquiry(
    app: &App,
    actor: &Actor,
    id: Id<Enquiry>,
    input: &EnquiryInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let typed_day = form.optional_date("asked_on", &input.asked_on);
    let typed_answer = form.optional_text("answer", &input.answer, 5000);
    let outcome = form.value::<EnquiryOutcome>("outcome", &input.outcome, "Say what came of it");
    let closed = outcome.is_some_and(|o| o != EnquiryOutcome::Open);
    let reason = if closed {
        Some(form.text("note", &input.note, 3000, "Say why"))
    } else {
        form.optional_text("note", &input.note, 3000)
    };
    form.check(typed_day.is_none_or(|d| d <= now.date()), "asked_on", "Enter a day that is not in the future");
    form.finish()?;
    let Some(outcome) = outcome else { return Err(Error::field("outcome", "Say what came of it")) };
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let mut enquiry = store::find_enquiry(db, id)?;
            let call = calls::find(db, enquiry.call_id)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            if store::signed_ranking(db, call.id)?.is_some() {
                return Err(ScoringRefusal::RankingSigned.into());
            }
            // A price that was set aside on "not justified" cannot be called justified under it, and the other way round.
            if store::disregarded(db, call.id)?
                .iter()
                .any(|d| d.application_id == enquiry.application_id && d.ground == DisregardGround::AbnormallyLow)
            {
                return Err(ScoringRefusal::NoEnquiry.into());
            }
            if enquiry.question.is_none() {
                enquiry.asked_on = typed_day.or(enquiry.asked_on);
            }
            if enquiry.asked_on.is_none() {
                return Err(Error::field("asked_on", "Enter the day the supplier was asked"));
            }
            // Only the supplier has a say in what it wrote itself.
            if enquiry.answered_at.is_none() {
                enquiry.answer.clone_from(&typed_answer);
            }
            if outcome == EnquiryOutcome::NotJustified && enquiry.awaits_answer(now.date()) {
                return Err(ScoringRefusal::AnswerAwaited.into());
            }
            if closed && enquiry.answer.is_none() {
                return Err(Error::field("answer", "Enter what the supplier answered, or that it did not answer"));
            }
            enquiry.outcome = outcome;
            enquiry.note.clone_from(&reason);
            enquiry.closed_at = closed.then_some(now);
            enquiry.closed_by = closed.then_some(by);
            store::set_enquiry(db, &enquiry)?;
            if closed && enquiry.question.is_some() {
                enquiries::tell_decision(db, &call, &enquiry, &url, now)?;
            }
            note(db, &actor, &call, "price.enquiry", json!({ "enquiry": id, "outcome": outcome }), now)
        })
        .await
}
