//! Amending an open call: a new version of its terms, frozen with its reasons.

use super::actions::{AMENDED, Frozen, NoticeInput, expected_price, freeze, schedule_closing, write_republished};
use super::drafting::{self, load, record};
use super::drafting_terms::{self, TimetableInput};
use super::model::{Call, ConditionAsked, NoticeKind};
use super::rules::{self, CallRefusal, Known};
use super::{catalogue, criteria_rules, lots, notice_rules, rehearsing, stages_store, store, tender};
use crate::app::App;
use crate::db::Json;
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::policy::Action;
use crate::values::{Actor, Clock, Id, Instant, Parser};
use serde::Deserialize;
use serde_json::{Value, json};

/// Amending an open call. What is left empty stays as it is.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct AmendInput {
    /// Why the terms change.
    pub reason: String,
    /// Why the deadline is or is not extended.
    pub deadline_reason: String,
    /// `yes`: the officer has seen what the rehearsal found about a changed model.
    pub seen: String,
    /// Number of the republished tender notice, when it is recorded in the same step.
    pub notice_number: String,
    /// Day the platform published it.
    pub notice_date: String,
    /// Time the platform published it.
    pub notice_time: String,
    /// New description.
    pub description: String,
    /// Last day for questions.
    pub questions_by_date: String,
    /// Its time.
    pub questions_by_time: String,
    /// Day by which all are answered.
    pub answers_by_date: String,
    /// Its time.
    pub answers_by_time: String,
    /// Closing day.
    pub deadline_date: String,
    /// Closing time.
    pub deadline_time: String,
    /// Planned day of the decision.
    pub decision_on: String,
    /// The whole new terms, for programs; `null` to change only the fields above.
    #[schema(value_type = Object)]
    pub terms: Value,
}

/// Amends an open call before its deadline: a new version, frozen and hashed, and news to every applicant. The clock is
/// read inside the write, and the deadline judged by it.
///
/// # Errors
/// Invalid, Denied, NotFound; refused after the deadline, without a republished notice that is new, with terms that are
/// not whole or leave too short a period.
pub async fn amend(app: &App, actor: &Actor, id: Id<Call>, input: &AmendInput, clock: &Clock) -> Result<()> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2000, "Say why the terms change");
    let deadline_reason =
        form.text("deadline_reason", &input.deadline_reason, 2000, "Say why the deadline is or is not extended");
    let description = form.optional_text("description", &drafting::plain_lines(&input.description), 20_000);
    let times = TimetableInput {
        questions_by_date: input.questions_by_date.clone(),
        questions_by_time: input.questions_by_time.clone(),
        answers_by_date: input.answers_by_date.clone(),
        answers_by_time: input.answers_by_time.clone(),
        deadline_date: input.deadline_date.clone(),
        deadline_time: input.deadline_time.clone(),
        decision_on: input.decision_on.clone(),
    }
    .read(&mut form);
    let notice = NoticeInput {
        kind: String::new(),
        notice_number: input.notice_number.clone(),
        notice_date: input.notice_date.clone(),
        notice_time: input.notice_time.clone(),
    };
    let empty = [&notice.notice_number, &notice.notice_date, &notice.notice_time].iter().all(|f| f.trim().is_empty());
    let notice = if empty { None } else { notice.read(&mut form) };
    form.finish()?;
    let (sent, seen, actor, clock) = (input.terms.clone(), Parser::ticked(&input.seen), actor.clone(), clock.clone());
    let rehearsed = rehearsing::of_new_terms(app, &actor, id, &sent).await?;
    app.db
        .write(move |db| {
            let mut call = load(db, &actor, id, Some(Action::PublishCall))?;
            let now = clock.now();
            if let Some((number, at)) = &notice {
                notice_rules::notice_fits(&call, NoticeKind::TenderAmended, *at, now)?;
                write_republished(db, &actor, &call, number, *at, now)?;
            }
            let notices = store::notices(db, id)?;
            let versions = store::versions(db, id)?;
            let amendments = versions.iter().filter(|v| v.deadline_reason.is_some()).count();
            notice_rules::amendable(&call, &notices, amendments, now)?;
            let before = call.terms.0.clone();
            if sent.is_object() {
                call.terms = Json(drafting_terms::read_terms(db, &call, &sent)?);
                // What was asked before its entry was fixed stays as it was agreed.
                let as_before = |asked: &ConditionAsked| {
                    before.conditions.iter().any(|b| (&b.id, b.target) == (&asked.id, asked.target))
                };
                for asked in call.terms.0.conditions.iter().filter(|asked| !as_before(asked)) {
                    rules::keeps_what_is_fixed(asked)?;
                }
                lots::add_up_again(db, &mut call)?;
            }
            let notice_on = match call.by_invitation() {
                // Periods of a second stage run from its invitation.
                Some(_) => stages_store::invited_at(db, id)?.map(Instant::date),
                None => notices.iter().find(|n| n.kind == NoticeKind::Tender).map(|n| n.published_at.date()),
            };
            let terms = &mut call.terms.0;
            if let Some(description) = &description {
                terms.description.clone_from(description);
            }
            terms.timetable.questions_by = times.questions_by.or(terms.timetable.questions_by);
            terms.timetable.answers_by = times.answers_by.or(terms.timetable.answers_by);
            terms.timetable.deadline = times.deadline.or(terms.timetable.deadline);
            terms.timetable.decision_on = times.decision_on.or(terms.timetable.decision_on);
            if *terms == before {
                return Err(CallRefusal::NothingChanged.into());
            }
            if let (Some(tender), Some(deadline), Some(day)) = (&terms.tender, terms.timetable.deadline, notice_on) {
                tender::period_holds(tender, deadline, day)?;
            }
            if terms.timetable.deadline.is_none_or(|deadline| deadline <= now) {
                return Err(Error::field("deadline_date", "Choose a closing time after now"));
            }
            let rehearsed_anew = before.model != terms.model || expected_price(&before) != expected_price(terms);
            let exceptions = catalogue::exceptions(db, &call.terms.0.conditions)?;
            let known = Known { exceptions, notice_on, mission_hidden: false };
            // A closing later today is in order here: the instant was compared above.
            let yesterday = now.date().pred_opt().unwrap_or(now.date());
            let mut missing = rules::missing_with(&call, &known, yesterday);
            if !before.model.ties.is_empty() {
                criteria_rules::without_ties(&call, &mut missing);
            }
            rules::whole(&missing)?;
            // An unchanged model keeps the word that was given when it was frozen; a changed one needs a new one.
            let frozen = if rehearsed_anew {
                let found = rehearsed.as_ref().ok_or(CallRefusal::RehearsalUnseen)?;
                let found = found.as_ref().map_err(Clone::clone)?;
                let word = rehearsing::acknowledged(db, &actor, &call, found, seen, "", now)?;
                Frozen { rehearsal: serde_json::to_value(&found.full.rehearsal)?, word: Some(word.id) }
            } else {
                let last = versions.last();
                Frozen {
                    rehearsal: last.map(|v| v.warnings.0.clone()).unwrap_or_default(),
                    word: last.and_then(|v| v.acknowledgement_id),
                }
            };
            freeze(db, &actor, &mut call, &reason, Some(deadline_reason.clone()), frozen, now)?;
            store::set(db, &call)?;
            schedule_closing(db, &call)?;
            record(
                db,
                &actor,
                &call,
                "call.amended",
                json!({ "version": call.version, "hash": call.terms_hash, "deadline": call.deadline_at }),
                now,
            )?;
            outbox::emit(db, AMENDED, json!({ "call": id, "version": call.version }), now)
        })
        .await
}
