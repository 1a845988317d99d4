//! The terms of a draft: timetable, eligibility, criteria, conditions, or all of it at once.

use super::catalogue;
use super::criteria::{self, CriterionInput};
use super::drafting::{change, load, record};
use super::model::{Call, CallKind, CallStage, ConditionAsked, EligibilityQuestion, Terms, Timetable};
use super::rules::{self, CallRefusal};
use super::{lots, stages, store};
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::missions::Mission;
use crate::people::policy::Action;
use crate::values::{Actor, Id, Instant, Parser, Quantity, Share};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The timetable page. Times are London's; a program may send an RFC 3339 instant in the date field.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct TimetableInput {
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
}

impl TimetableInput {
    /// The dates, each as far as it is given; what cannot be read is told to the form.
    pub fn read(&self, form: &mut Parser) -> Timetable {
        let mut at = |prefix: &str, date: &str, time: &str| {
            if date.trim().is_empty() && time.trim().is_empty() {
                None
            } else {
                form.instant(prefix, date, time, "Enter a date")
            }
        };
        let questions_by = at("questions_by", &self.questions_by_date, &self.questions_by_time);
        let answers_by = at("answers_by", &self.answers_by_date, &self.answers_by_time);
        let deadline = at("deadline", &self.deadline_date, &self.deadline_time);
        Timetable {
            questions_by,
            answers_by,
            deadline,
            decision_on: form.optional_date("decision_on", &self.decision_on),
        }
    }

    /// What the form shows of a timetable.
    #[must_use]
    pub fn pairs(times: &Timetable) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (name, at) in
            [("questions_by", times.questions_by), ("answers_by", times.answers_by), ("deadline", times.deadline)]
        {
            if let Some(at) = at {
                pairs.push((format!("{name}_date"), at.date().to_string()));
                pairs.push((format!("{name}_time"), at.time_of_day()));
            }
        }
        if let Some(day) = times.decision_on {
            pairs.push(("decision_on".to_owned(), day.to_string()));
        }
        pairs
    }
}

/// Saves the timetable.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn set_timetable(app: &App, actor: &Actor, id: Id<Call>, input: &TimetableInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let timetable = input.read(&mut form);
    form.finish()?;
    change(app, actor, id, "timetable", now, move |_, call| {
        call.terms.0.timetable = timetable.clone();
        Ok(())
    })
    .await
}

/// A question that tells whether somebody can apply.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct EligibilityInput {
    /// Answered by yes or no.
    pub question: String,
    /// `yes` or `no`: the answer that lets one apply.
    pub right_answer: String,
    /// What to do with the other answer.
    pub otherwise: String,
}

/// Adds an eligibility question.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn add_eligibility(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    input: &EligibilityInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let question = form.text("question", &input.question, 300, "Enter a question that is answered by yes or no");
    let otherwise = form.text("otherwise", &input.otherwise, 600, "Say what to do with the other answer");
    let right_answer = match input.right_answer.trim() {
        "yes" => true,
        "no" => false,
        _ => {
            form.wrong("right_answer", "Choose the answer that lets somebody apply");
            false
        }
    };
    form.finish()?;
    change(app, actor, id, "eligibility", now, move |_, call| {
        let taken: BTreeSet<String> = call.terms.0.eligibility.iter().map(|q| q.id.clone()).collect();
        call.terms.0.eligibility.push(EligibilityQuestion {
            id: rules::identifier(&question, &taken),
            question: question.clone(),
            right_answer,
            otherwise: otherwise.clone(),
        });
        Ok(())
    })
    .await
}

/// Removes an eligibility question.
///
/// # Errors
/// Denied, NotFound, refused when frozen.
pub async fn remove_eligibility(app: &App, actor: &Actor, id: Id<Call>, question: &str, now: Instant) -> Result<()> {
    let question = question.to_owned();
    change(app, actor, id, "eligibility", now, move |_, call| {
        let before = call.terms.0.eligibility.len();
        call.terms.0.eligibility.retain(|q| q.id != question);
        if call.terms.0.eligibility.len() == before { Err(Error::NotFound) } else { Ok(()) }
    })
    .await
}

/// Adds or changes a criterion and gives its identifier.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn put_criterion(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    criterion: Option<&str>,
    input: &CriterionInput,
    now: Instant,
) -> Result<String> {
    let (criterion, input) = (criterion.map(ToOwned::to_owned), input.clone());
    change(app, actor, id, "criteria", now, move |_, call| {
        criteria::put(&mut call.terms.0, criterion.as_deref(), &input)
    })
    .await
}

/// Removes a criterion with everything inside it.
///
/// # Errors
/// Denied, NotFound, refused when frozen.
pub async fn remove_criterion(app: &App, actor: &Actor, id: Id<Call>, criterion: &str, now: Instant) -> Result<()> {
    let criterion = criterion.to_owned();
    change(app, actor, id, "criteria", now, move |_, call| criteria::remove(&mut call.terms.0, &criterion)).await
}

/// What settles equal totals.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct TiesInput {
    /// Words in their order: `social_value`, `quality`, `price`.
    pub ties: String,
}

/// Saves what settles equal totals.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn set_ties(app: &App, actor: &Actor, id: Id<Call>, input: &TiesInput, now: Instant) -> Result<()> {
    let ties = criteria::read_ties(&input.ties)?;
    change(app, actor, id, "ties", now, move |_, call| {
        call.terms.0.model.ties.clone_from(&ties);
        Ok(())
    })
    .await
}

/// A condition of the catalogue that the call asks.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ConditionInput {
    /// Identifier of the catalogue entry; only when it is added.
    pub condition: String,
    /// Target of this call.
    pub target: String,
    /// Most that it may earn of its criterion, in per cent; empty for no cap, and where it earns points in none.
    pub cap: String,
    /// By when.
    pub due: String,
    /// `yes` when every applicant must promise at least the target.
    pub required: String,
    /// Social value criterion that it earns points in; empty for none.
    pub feeds: String,
    /// Per cent of that criterion's points.
    pub weight: String,
    /// What one unit is worth: the code of a measure in the council's current catalogue of social value. Empty leaves what
    /// was copied before as it is; `none` takes it away.
    pub worth: String,
}

/// Asks a condition of the catalogue, or changes one that is asked (`asked`), and gives its identifier in the call.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen, and where one of which more is not better would earn points.
pub async fn put_condition(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    asked: Option<&str>,
    input: &ConditionInput,
    now: Instant,
) -> Result<String> {
    let mut form = Parser::default();
    let condition = if asked.is_none() {
        form.value::<Id<crate::conditions::Condition>>(
            "condition",
            &input.condition,
            "Choose a condition of your catalogue",
        )
    } else {
        None
    };
    let target = form.decimal("target", &input.target, "Enter the target");
    let due = form.date("due", &input.due, "Enter by when it must be kept");
    let cap = if input.cap.trim().is_empty() {
        None
    } else {
        let percent = form.decimal("cap", &input.cap, "");
        if percent.is_some_and(|cap| cap <= Decimal::ZERO || cap > Decimal::ONE_HUNDRED) {
            form.wrong("cap", "Enter a cap of more than 0% and at most 100%");
        } else if percent.is_some() && input.feeds.trim().is_empty() {
            form.wrong(
                "cap",
                "A cap limits points: choose the criterion that this earns points in, or leave the cap empty",
            );
        }
        percent.and_then(|cap| Share::new(cap / Decimal::ONE_HUNDRED).ok())
    };
    let weight = if input.feeds.trim().is_empty() {
        None
    } else {
        let weight = form.decimal("weight", &input.weight, "Enter its weight in the criterion, in per cent");
        if weight.is_some_and(|w| w <= Decimal::ZERO || w > Decimal::ONE_HUNDRED) {
            form.wrong("weight", "Enter a weight of more than 0 and at most 100");
        }
        weight
    };
    form.finish()?;
    let (Some(target), Some(due)) = (target.and_then(|t| Quantity::new(t).ok()), due) else {
        return Err(Error::field("target", "Enter the target"));
    };
    let (asked, required) = (asked.map(ToOwned::to_owned), Parser::ticked(&input.required));
    let feeds = input.feeds.trim().to_owned();
    let worth = input.worth.trim().to_owned();
    change(app, actor, id, "conditions", now, move |db, call| {
        let terms = &mut call.terms.0;
        let one = match &asked {
            Some(asked) => {
                let one = terms.conditions.iter_mut().find(|c| c.id == *asked).ok_or(Error::NotFound)?;
                (one.target, one.cap, one.due, one.required) = (target, cap, due, required);
                one.clone()
            }
            None => {
                let condition =
                    condition.ok_or_else(|| Error::field("condition", "Choose a condition of your catalogue"))?;
                let entry = catalogue::entry(db, call.authority_id, condition, None)?;
                let mut taken: BTreeSet<String> = terms.conditions.iter().map(|c| c.id.clone()).collect();
                taken.extend(criteria::identifiers(&terms.model));
                let one = ConditionAsked {
                    id: rules::identifier(&entry.body.title, &taken),
                    condition,
                    version: entry.version,
                    body: entry.body,
                    target,
                    cap,
                    due,
                    required,
                };
                terms.conditions.push(one.clone());
                one
            }
        };
        criteria::feed(terms, &one, weight.map(|weight| (feeds.as_str(), weight)))?;
        match worth.as_str() {
            "" => {}
            "none" => criteria::value(terms, &one.id, None)?,
            code => {
                let record = catalogue::worth(db, call.authority_id, code, &one, now.date())?;
                criteria::value(terms, &one.id, Some(&record))?;
            }
        }
        Ok(one.id)
    })
    .await
}

/// No longer asks a condition; its measure earns no points any more either.
///
/// # Errors
/// Denied, NotFound, refused when frozen.
pub async fn remove_condition(app: &App, actor: &Actor, id: Id<Call>, asked: &str, now: Instant) -> Result<()> {
    let asked = asked.to_owned();
    change(app, actor, id, "conditions", now, move |_, call| {
        let terms = &mut call.terms.0;
        let place = terms.conditions.iter().position(|c| c.id == asked).ok_or(Error::NotFound)?;
        let one = terms.conditions.remove(place);
        criteria::feed(terms, &one, None)
    })
    .await
}

/// The whole of a draft at once.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct TermsInput {
    /// Title; unchanged when empty.
    pub title: String,
    /// Summary; unchanged when empty.
    pub summary: String,
    /// Identifier of the mission it serves; unchanged when empty.
    pub mission: String,
    /// Terms as JSON. A condition may leave out `version` and `body`: the catalogue's current ones are taken.
    #[schema(value_type = Object)]
    pub terms: Value,
}

/// Reads terms that a program sent, with the catalogue's own words for each condition.
///
/// # Errors
/// Invalid; refused where a condition of which more is not better earns points.
pub(super) fn read_terms(db: &mut Db, call: &Call, sent: &Value) -> Result<Terms> {
    let mut sent = sent.clone();
    if let Some(conditions) = sent.get_mut("conditions").and_then(Value::as_array_mut) {
        for (place, asked) in conditions.iter_mut().enumerate() {
            let wrong = |what: &str| {
                Error::field(&format!("terms.conditions[{place}].{what}"), "Name a condition of your catalogue")
            };
            let id = asked
                .get("condition")
                .and_then(Value::as_str)
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| wrong("condition"))?;
            let version = asked.get("version").and_then(Value::as_i64);
            let entry = catalogue::entry(db, call.authority_id, id, version).map_err(|e| match e {
                Error::Invalid(_) | Error::NotFound => wrong("condition"),
                other => other,
            })?;
            if let Some(fields) = asked.as_object_mut() {
                fields.insert("version".to_owned(), json!(entry.version));
                fields.insert("body".to_owned(), serde_json::to_value(&entry.body)?);
            }
        }
    }
    let mut terms: Terms =
        serde_json::from_value(sent).map_err(|e| Error::field("terms", format!("The terms cannot be read: {e}")))?;
    catalogue::check_copies(db, call.authority_id, &terms.model)?;
    for measure in rules::measures(&terms.model) {
        if let Some(asked) = terms.conditions.iter().find(|asked| asked.id == measure.id) {
            rules::may_earn_points(asked, terms.tender.is_some())?;
        }
    }
    let fits = match call.kind {
        CallKind::Tender => terms.tender.is_some() && terms.round.is_none(),
        CallKind::Round => terms.round.is_some() && terms.tender.is_none(),
    };
    if !fits {
        return Err(Error::field("terms", "A tender has `tender` and a round has `round`, never both"));
    }
    stages::keep_stage(call.terms.0.tender.as_ref(), &mut terms)?;
    // What the lots of a tender have in common is set for all of them at once, by `lots`.
    if let Some(tender) = &mut terms.tender {
        tender.lot = call.lot().cloned();
    }
    Ok(terms)
}

/// Sets the whole terms of a draft.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen, and where a condition of which more is not better earns points.
pub async fn set_terms(app: &App, actor: &Actor, id: Id<Call>, input: &TermsInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let title = form.optional_text("title", &input.title, 160);
    let summary = form.optional_text("summary", &input.summary, 600);
    let mission = form.optional::<Id<Mission>>("mission", &input.mission);
    form.finish()?;
    let sent = input.terms.clone();
    change(app, actor, id, "terms", now, move |db, call| {
        call.terms = Json(read_terms(db, call, &sent)?);
        if let Some(title) = &title {
            call.title.clone_from(title);
        }
        if let Some(summary) = &summary {
            call.summary.clone_from(summary);
        }
        if let Some(mission) = mission {
            catalogue::check_mission(db, call.authority_id, mission)?;
            call.mission_id = mission;
        }
        Ok(())
    })
    .await
}

/// A tender whose notice is not yet recorded goes back to its draft, to be published again.
///
/// # Errors
/// Denied, NotFound, refused at any other stage.
pub async fn back_to_draft(app: &App, actor: &Actor, id: Id<Call>, now: Instant) -> Result<()> {
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut call = load(db, &actor, id, Some(Action::PublishCall))?;
            if call.stage != CallStage::AwaitingNotice {
                return Err(CallRefusal::NotDraft.into());
            }
            if call.by_invitation().is_some() {
                return Err(CallRefusal::WithItsFirst.into());
            }
            stages::back_with_first(db, &actor, &call, now)?;
            // Lots wait for one notice, so they go back together.
            for mut lot in lots::all(db, &call)? {
                if lot.stage != CallStage::AwaitingNotice {
                    continue;
                }
                lot.stage = CallStage::Draft;
                lot.terms_hash = None;
                lot.deadline_at = None;
                store::set(db, &lot)?;
                record(db, &actor, &lot, "call.back_to_draft", json!({ "version": lot.version }), now)?;
                if lot.id == call.id {
                    call = lot;
                }
            }
            if call.lot().is_some() {
                lots::follow(db, &actor, &mut call, now)?;
                store::set(db, &call)?;
            }
            Ok(())
        })
        .await
}
