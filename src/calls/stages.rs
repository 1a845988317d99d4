//! A tender in two stages: requests to take part, then final tenders of those whom the published rule brings on.
//!
//! Each stage is a call of its own, so that sealing, opening, scoring and ranking are the same for both. The terms of each
//! name the other: the first bears the rule. Both are published together by one notice; the second then waits, readable
//! by everybody, until the shortlist of the first opens it to those who go on.

use super::actions::{Frozen, OPENED, WITHDRAWN, freeze, insert_keys, schedule_closing};
use super::drafting::{self, change, load, record};
use super::model::{Call, CallStage, TenderStage, TenderTerms, Terms, Timetable};
use super::rehearsing::{self, Rehearsed};
use super::rules::{self, CallRefusal, Known, Missing, Section};
use super::stage_rules::{self, StageRefusal, rule_holds};
use super::stages_store::{self, Shortlisted};
use super::{catalogue, store, tender};
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationRefusal, ShortlistRule, TieRule};
use crate::keys::SealingKey;
use crate::outbox;
use crate::people::policy::Action;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, RefusalInfo, actor};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

/// Words before the summary of a second stage, so that every list says whom it is for.
const BY_INVITATION: &str = "Second stage, by invitation only. ";

/// The rule by which suppliers go on.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct StagesInput {
    /// The best so many; empty for no such limit.
    pub best: String,
    /// At least so many points of 100; empty for no such limit.
    pub at_least: String,
}

impl StagesInput {
    fn read(&self) -> Result<ShortlistRule> {
        let mut form = Parser::default();
        let best = form.optional::<u32>("best", &self.best);
        form.check(best.is_none_or(|b| (1..=1000).contains(&b)), "best", "Enter a number from 1 to 1,000");
        let at_least =
            if self.at_least.trim().is_empty() { None } else { form.decimal("at_least", &self.at_least, "") };
        form.check(
            at_least.is_none_or(|p| p > Decimal::ZERO && p <= Decimal::ONE_HUNDRED && p.normalize().scale() <= 2),
            "at_least",
            "Enter points of more than 0 and at most 100, with at most 2 decimal places",
        );
        let rule = ShortlistRule { best, at_least };
        if best.is_none() && self.best.trim().is_empty() && self.at_least.trim().is_empty() {
            form.wrong("best", "Say who goes on: the best so many, those with a number of points, or both");
        }
        form.finish()?;
        if rule_holds(&rule) { Ok(rule) } else { Err(Error::field("best", "Say who goes on")) }
    }
}

/// Divides a draft tender into two stages, or changes the rule of one that is divided already. The second stage begins as
/// a copy of the draft; the first is then judged without prices. Gives the second stage.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when frozen and for a procedure that has one stage only.
pub async fn set(app: &App, actor: &Actor, id: Id<Call>, input: &StagesInput, now: Instant) -> Result<Id<Call>> {
    let rule = input.read()?;
    let who = actor.clone();
    let first = app.db.read(move |db| load(db, &who, id, Some(Action::PublishCall))).await?;
    rules::writable(&first)?;
    stage_rules::may_have_stages(&first)?;
    if first.shortlists().is_none() {
        return make(app, actor, &first, rule, now).await;
    }
    change(app, actor, id, "stages", now, move |_, call| {
        stage_rules::may_have_stages(call)?;
        match call.terms.0.tender.as_mut().and_then(|tender| tender.stage.as_mut()) {
            Some(TenderStage::First { rule: kept, second }) => {
                kept.clone_from(&rule);
                Ok(*second)
            }
            _ => Err(StageRefusal::NotStaged.into()),
        }
    })
    .await
}

async fn make(app: &App, actor: &Actor, found: &Call, rule: ShortlistRule, now: Instant) -> Result<Id<Call>> {
    let blank = Call {
        id: Id::new(),
        reference: String::new(),
        created_at: now,
        created_by: actor.account().ok_or(Error::Denied)?,
        ..found.clone()
    };
    let (actor, id) = (actor.clone(), found.id);
    drafting::with_reference(app, &blank, now, move |db, mut second| {
        let mut first = load(db, &actor, id, Some(Action::PublishCall))?;
        rules::writable(&first)?;
        stage_rules::may_have_stages(&first)?;
        if first.shortlists().is_some() {
            return Err(CallRefusal::ChangedMeanwhile("the stages".to_owned()).into());
        }
        second.title = second_title(&first.title);
        second.summary = format!("{BY_INVITATION}{}", first.summary).chars().take(600).collect();
        second.mission_id = first.mission_id;
        second.terms = Json(final_terms(&first.terms.0, &second.title, first.id));
        become_first(&mut first.terms.0, rule.clone(), second.id);
        store::insert(db, &second)?;
        store::set(db, &first)?;
        record(db, &actor, &second, "call.begun", json!({ "reference": second.reference, "first": first.id }), now)?;
        record(db, &actor, &first, "call.stages_made", json!({ "second": second.id }), now)
    })
    .await
}

fn second_title(title: &str) -> String {
    let kept: String = title.chars().take(145).collect();
    format!("{}: final tenders", kept.trim_end())
}

/// The terms of the second stage: those of the draft, without its dates.
fn final_terms(draft: &Terms, title: &str, first: Id<Call>) -> Terms {
    let mut terms = draft.clone();
    title.clone_into(&mut terms.model.title);
    terms.timetable = Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None };
    if let Some(tender) = &mut terms.tender {
        tender.stage = Some(TenderStage::Final { first });
    }
    terms
}

/// What is left of the draft in the first stage: nothing that only prices need.
fn become_first(terms: &mut Terms, rule: ShortlistRule, second: Id<Call>) {
    if let Some(tender) = &mut terms.tender {
        tender.stage = Some(TenderStage::First { rule, second });
        tender.hours_asked = None;
    }
    terms.model.abnormally_low = None;
    terms.model.ties.retain(|tie| !matches!(tie, TieRule::Price));
    if terms.model.ties.is_empty() {
        terms.model.ties.push(TieRule::Quality);
    }
}

/// Makes a divided draft one stage again. What was the second stage stays as a draft of its own.
///
/// # Errors
/// Denied, NotFound; refused when frozen or not divided.
pub async fn undo(app: &App, actor: &Actor, id: Id<Call>, now: Instant) -> Result<()> {
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut first = load(db, &actor, id, Some(Action::PublishCall))?;
            rules::writable(&first)?;
            let mut second = second_of(db, &first)?;
            rules::writable(&second)?;
            for call in [&mut first, &mut second] {
                if let Some(tender) = &mut call.terms.0.tender {
                    tender.stage = None;
                }
            }
            if let Some(summary) = second.summary.strip_prefix(BY_INVITATION) {
                second.summary = summary.to_owned();
            }
            for call in [&first, &second] {
                store::set(db, call)?;
                record(db, &actor, call, "call.stages_undone", json!({}), now)?;
            }
            Ok(())
        })
        .await
}

/// The second stage of a first one.
///
/// # Errors
/// Refused for a call that is no first stage.
pub fn second_of(db: &mut Db, first: &Call) -> Result<Call> {
    let (_, second) = first.shortlists().ok_or(StageRefusal::NotStaged)?;
    store::find(db, second)
}

/// What the second stage of a draft lacks before both are published; nothing where there is none.
pub(super) fn missing_of_second(db: &mut Db, first: &Call, today: LocalDate) -> Result<Vec<Missing>> {
    if first.shortlists().is_none() {
        return Ok(Vec::new());
    }
    let second = second_of(db, first)?;
    let known = Known {
        exceptions: catalogue::exceptions(db, &second.terms.0.conditions)?,
        // Of the mission that both serve the first stage says it.
        mission_hidden: second.mission_id != first.mission_id && catalogue::serves_hidden(db, &second)?,
        notice_on: None,
    };
    let mut missing = rules::missing_with(&second, &known, today);
    for one in &mut missing {
        one.sentence = format!("Second stage, {}: {}", one.place.label().to_lowercase(), one.sentence);
        one.place = Section::Stages;
    }
    Ok(missing)
}

/// What is made ready outside the write that publishes a second stage.
pub(super) struct Prepared {
    pub(super) call: Call,
    pub(super) rehearsed: std::result::Result<Rehearsed, EvaluationRefusal>,
    keys: (SealingKey, SealingKey),
}

/// Rehearses the second stage of a call that somebody publishes; `None` where there is none.
pub(super) async fn prepare_second(app: &App, first: &Call) -> Result<Option<Prepared>> {
    let Some((_, second)) = first.shortlists() else { return Ok(None) };
    let call = app.db.read(move |db| store::find(db, second)).await?;
    let rehearsed = rehearsing::rehearse(call.terms.0.clone()).await?;
    Ok(Some(Prepared { call, rehearsed, keys: (app.keys.make_sealing_key()?, app.keys.make_sealing_key()?) }))
}

/// Freezes the second stage together with its first.
pub(super) fn publish_second(
    db: &mut Db,
    actor: &Actor,
    first: &Call,
    prepared: Option<&Prepared>,
    (seen, shown): (bool, &str),
    now: Instant,
) -> Result<()> {
    if first.shortlists().is_none() {
        return Ok(());
    }
    let mut second = second_of(db, first)?;
    rules::writable(&second)?;
    rules::whole(&missing_of_second(db, first, now.date())?)?;
    let prepared = prepared.ok_or(CallRefusal::RehearsalChanged)?;
    let rehearsed = prepared.rehearsed.as_ref().map_err(Clone::clone)?;
    let word = rehearsing::acknowledged(db, actor, &second, rehearsed, seen, shown, now).map_err(of_second)?;
    let frozen = Frozen { rehearsal: serde_json::to_value(&rehearsed.full.rehearsal)?, word: Some(word.id) };
    freeze(db, actor, &mut second, "First publication, together with the first stage", None, frozen, now)?;
    insert_keys(db, &second, &prepared.keys)?;
    let facts = json!({
        "version": second.version, "hash": second.terms_hash, "model_hash": word.model_hash,
        "acknowledgement": word.id, "first": first.id,
    });
    record(db, actor, &second, "call.published", facts, now)?;
    second.stage = CallStage::AwaitingNotice;
    store::set(db, &second)
}

/// Says of which of the two models the rehearsal was not seen.
fn of_second(error: Error) -> Error {
    match error {
        Error::Refused(refusal) if refusal.code == CallRefusal::RehearsalUnseen.code() => {
            StageRefusal::SecondUnseen.into()
        }
        other => other,
    }
}

/// The notice of the first stage shows the second to everybody: its criteria and the rule are published beforehand.
pub(super) fn show_second(db: &mut Db, actor: &Actor, first: &Call, now: Instant) -> Result<()> {
    if first.shortlists().is_none() {
        return Ok(());
    }
    let mut second = second_of(db, first)?;
    second.published_at = Some(now);
    store::set(db, &second)?;
    record(db, actor, &second, "call.shown", json!({ "first": first.id }), now)
}

/// A first stage that goes back to its draft takes its second along.
pub(super) fn back_with_first(db: &mut Db, actor: &Actor, first: &Call, now: Instant) -> Result<()> {
    if first.shortlists().is_none() {
        return Ok(());
    }
    let mut second = second_of(db, first)?;
    second.stage = CallStage::Draft;
    second.terms_hash = None;
    store::set(db, &second)?;
    record(db, actor, &second, "call.back_to_draft", json!({ "version": second.version }), now)
}

/// A first stage that is withdrawn takes a second along that was not opened.
pub(super) fn withdraw_with_first(db: &mut Db, actor: &Actor, first: &Call, reason: &str, now: Instant) -> Result<()> {
    if first.shortlists().is_none() {
        return Ok(());
    }
    let mut second = second_of(db, first)?;
    match second.stage {
        CallStage::Draft | CallStage::Withdrawn => return Ok(()),
        CallStage::Open | CallStage::Closed => return Err(CallRefusal::SecondStageBegun.into()),
        CallStage::AwaitingNotice => {}
    }
    second.stage = CallStage::Withdrawn;
    store::set(db, &second)?;
    store::set_withdrawn_reason(db, second.id, reason)?;
    record(db, actor, &second, "call.withdrawn", json!({ "version": second.version, "first": first.id }), now)?;
    outbox::emit(db, WITHDRAWN, json!({ "call": second.id }), now)
}

/// Whether the dates of an invitation that is sent now are whole and leave suppliers the time that the law asks for.
///
/// # Errors
/// [`StageRefusal::PeriodTooShort`]; what else is missing or out of order.
pub fn check_dates(second: &Call, dates: &Timetable, now: Instant) -> Result<()> {
    if let (Some(tender), Some(deadline)) = (&second.terms.0.tender, dates.deadline) {
        let period = tender::minimum_period(tender, now.date())?;
        if deadline.date() < period.earliest_deadline {
            return Err(StageRefusal::PeriodTooShort {
                days: period.days,
                earliest: period.earliest_deadline,
                reference: period.reference,
            }
            .into());
        }
    }
    Ok(rules::whole(&stage_rules::dates_wrong(second, dates, now))?)
}

/// Opens the second stage to those who go on, with the dates of the invitation as a new frozen version. The room that
/// decided the shortlist has asked who may.
///
/// # Errors
/// Refused when the second stage does not wait, or the dates leave less time than the law asks for.
pub fn invite(
    db: &mut Db,
    actor: &Actor,
    first: &Call,
    dates: &Timetable,
    organisations: &[Id<actor::Organisation>],
    now: Instant,
) -> Result<Call> {
    let invited_by = actor.account().ok_or(Error::Denied)?;
    let mut second = second_of(db, first)?;
    stage_rules::waits(&second)?;
    check_dates(&second, dates, now)?;
    let last = store::versions(db, second.id)?.pop();
    let frozen = Frozen {
        rehearsal: last.as_ref().map(|v| v.warnings.0.clone()).unwrap_or_default(),
        word: last.and_then(|v| v.acknowledgement_id),
    };
    second.terms.0.timetable = dates.clone();
    freeze(db, actor, &mut second, "The invitation sets the dates", None, frozen, now)?;
    let rows: Vec<Shortlisted> = organisations
        .iter()
        .map(|organisation| Shortlisted {
            id: Id::new(),
            authority_id: second.authority_id,
            call_id: second.id,
            organisation_id: *organisation,
            invited_at: now,
            invited_by,
        })
        .collect();
    stages_store::insert_shortlisted(db, &rows)?;
    second.stage = CallStage::Open;
    store::set(db, &second)?;
    schedule_closing(db, &second)?;
    let facts = json!({ "deadline": second.deadline_at, "invited": organisations.len(), "hash": second.terms_hash });
    record(db, actor, &second, "call.opened", facts, now)?;
    outbox::emit(db, OPENED, json!({ "call": second.id }), now)?;
    Ok(second)
}

/// Refuses an organisation that was not invited to a second stage. Asks the database only where there is one.
///
/// # Errors
/// [`StageRefusal::Late`].
pub fn require_invited(db: &mut Db, call: &Call, organisation: Id<actor::Organisation>) -> Result<()> {
    if call.by_invitation().is_some() { require_listed(db, call.id, organisation) } else { Ok(()) }
}

/// As [`require_invited`], of a call that is known to be a second stage.
///
/// # Errors
/// As there.
pub fn require_listed(db: &mut Db, second: Id<Call>, organisation: Id<actor::Organisation>) -> Result<()> {
    if stages_store::is_invited(db, second, organisation)? { Ok(()) } else { Err(StageRefusal::Late.into()) }
}

/// The terms of a tender as they are sent by a program keep the stage that was set on its own page.
pub(super) fn keep_stage(stored: Option<&TenderTerms>, sent: &mut Terms) -> Result<()> {
    let kept = stored.and_then(|tender| tender.stage.clone());
    let Some(tender) = &mut sent.tender else { return Ok(()) };
    if tender.stage.is_some() && tender.stage != kept {
        return Err(Error::field("terms.tender.stage", "Stages and their rule are set by `/stages`. Leave this out"));
    }
    tender.stage = kept;
    Ok(())
}
