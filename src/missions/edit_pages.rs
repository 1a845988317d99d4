//! Pages on which staff write missions.

use super::inputs::{IndicatorInput, MissionInput, OutcomeInput, PartnerInput, ReadingInput, Withdrawal};
use super::model::{Indicator, Mission, MissionStatus, Outcome, Partner, Reading, Trend};
use super::rules::{self, Standing};
use super::store::{Measured, Placed};
use super::{actions, store};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Link, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::people;
use crate::people::policy::{Action, can};
use crate::values::time::short_date;
use crate::values::{Id, LocalDate, Role};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

fn form_shell(visit: &Visit, title: &str, form: &FormState, mission: Option<&Mission>) -> Shell {
    let mut shell = visit.shell(title, "/missions");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell.breadcrumbs = vec![Link::new("Missions", "/desk/missions")];
    if let Some(mission) = mission {
        shell.breadcrumbs.push(Link::new(&mission.title, format!("{}/manage", mission.href())));
    }
    shell
}

#[derive(Template)]
#[template(path = "missions/words.html")]
struct WordsPage {
    shell: Shell,
    form: FormState,
    action: String,
    fresh: bool,
    departments: Vec<(String, String)>,
}

async fn words_page(visit: &Visit, mission: Option<&Mission>, form: FormState) -> Result<WordsPage> {
    let authority = match mission {
        Some(mission) => mission.authority_id,
        None => visit.actor.authority_as(Role::MissionLead).ok_or(Error::Denied)?,
    };
    let departments = visit.app.db.read(move |db| people::departments(db, authority)).await?;
    let title = if mission.is_some() { "Change the mission" } else { "Begin a mission" };
    Ok(WordsPage {
        shell: form_shell(visit, title, &form, mission),
        form,
        action: mission.map_or_else(|| "/missions/new".to_owned(), |m| format!("{}/edit", m.href())),
        fresh: mission.is_none(),
        departments: departments.into_iter().map(|d| (d.id.to_string(), d.name)).collect(),
    })
}

/// `GET /missions/new`
///
/// # Errors
/// Denied.
pub async fn new_form(visit: Visit) -> Answer {
    page(&words_page(&visit, None, FormState::empty()).await?)
}

/// `POST /missions/new`
///
/// # Errors
/// Denied.
pub async fn create(visit: Visit, posted: Posted<MissionInput>) -> Answer {
    match actions::create(&visit.app, &visit.actor, &posted.input, visit.now).await {
        Ok(mission) => {
            visit.done("The mission is begun as a draft. Now say what will be different, and how you measure it.");
            see(&format!("{}/manage", mission.href()))
        }
        Err(error) => page_again(&words_page(&visit, None, posted.again(error)?).await?),
    }
}

/// A mission that this person may write to; anybody else's is not found.
async fn editable(visit: &Visit, slug: &str, action: Action) -> Result<Mission> {
    let slug = slug.to_owned();
    let mission = visit.app.db.read(move |db| store::find_by_slug(db, &slug)).await?;
    let thing = store::thing(&mission);
    if !can(&visit.actor, Action::ReadMission, &thing) {
        return Err(Error::NotFound);
    }
    if can(&visit.actor, action, &thing) { Ok(mission) } else { Err(Error::Denied) }
}

/// `GET /missions/{slug}/edit`
///
/// # Errors
/// Denied, NotFound.
pub async fn edit_form(visit: Visit, slug: web::Path<String>) -> Answer {
    let mission = editable(&visit, &slug, Action::EditMission).await?;
    let (id, parent) = (mission.id, mission.parent_id);
    let (departments, parent) = visit
        .app
        .db
        .read(move |db| {
            let parent = parent.map(|p| store::find(db, p)).transpose()?;
            Ok((store::departments_of(db, id)?, parent.map(|p| p.slug)))
        })
        .await?;
    let input = MissionInput::from(&mission);
    let mut fields = vec![
        ("title", input.title),
        ("slug", input.slug),
        ("statement", input.statement),
        ("summary", input.summary),
        ("answerable", input.answerable),
        ("parent", parent.unwrap_or_default()),
        ("target_on", input.target_on),
        ("budget", input.budget),
    ];
    fields.extend(departments.iter().map(|d| ("departments", d.to_string())));
    page(&words_page(&visit, Some(&mission), FormState::filled(fields)).await?)
}

/// `POST /missions/{slug}/edit`
///
/// # Errors
/// Denied, NotFound.
pub async fn edit(visit: Visit, slug: web::Path<String>, posted: Posted<MissionInput>) -> Answer {
    match actions::change(&visit.app, &visit.actor, &slug, &posted.input, visit.now).await {
        Ok(mission) => {
            visit.done("The mission is changed. The record keeps what it said before.");
            see(&format!("{}/manage", mission.href()))
        }
        Err(error) => {
            let form = posted.again(error)?;
            let mission = editable(&visit, &slug, Action::EditMission).await?;
            page_again(&words_page(&visit, Some(&mission), form).await?)
        }
    }
}

/// An indicator as the desk shows it.
pub(super) struct IndicatorRow {
    indicator: Indicator,
    baseline: String,
    target: String,
    latest: String,
    standing: Standing,
}

#[derive(Template)]
#[template(path = "missions/manage.html")]
struct ManagePage {
    shell: Shell,
    mission: Mission,
    lead: String,
    parent: Option<Mission>,
    departments: String,
    outcomes: Vec<(Outcome, Vec<IndicatorRow>)>,
    partners: Vec<Partner>,
    may_edit: bool,
    may_publish: bool,
    may_read: bool,
    ready: bool,
}

fn indicator_row(indicator: Indicator, readings: &[Reading], today: LocalDate) -> IndicatorRow {
    let unit = indicator.shown_unit(readings);
    let on = |figure, date| format!("{} on {}", unit.show(figure), short_date(date));
    IndicatorRow {
        baseline: on(indicator.baseline.get(), indicator.baseline_on),
        target: on(indicator.target.get(), indicator.target_on),
        latest: readings.last().map_or_else(|| "None yet".to_owned(), |r| on(r.value.get(), r.read_on)),
        standing: rules::state_of(&indicator, readings.last(), today),
        indicator,
    }
}

/// `GET /missions/{slug}/manage`: everything about a mission on the desk of its authority.
///
/// # Errors
/// NotFound for everybody but staff of the authority.
pub async fn manage(visit: Visit, slug: web::Path<String>) -> Answer {
    let actor = visit.actor.clone();
    let (placed, measured, partners) = visit
        .app
        .db
        .read(move |db| {
            let placed = store::find_placed(db, &slug)?;
            if !actor.is_staff_of(placed.mission.authority_id) {
                return Err(Error::NotFound);
            }
            let measured = store::measured(db, &[placed.mission.id])?;
            let partners = store::partners_of(db, placed.mission.id)?;
            Ok((placed, measured, partners))
        })
        .await?;
    let Placed { mission, parent, authority, departments } = placed;
    let Measured { outcomes, indicators, readings } = measured;
    let today = visit.today();
    let ready = !indicators.is_empty();
    let mut grouped: HashMap<Id<Outcome>, Vec<IndicatorRow>> = HashMap::new();
    for indicator in indicators {
        let of_it = readings.get(&indicator.id).map_or(&[][..], Vec::as_slice);
        grouped.entry(indicator.outcome_id).or_default().push(indicator_row(indicator, of_it, today));
    }
    let outcomes = outcomes
        .into_iter()
        .map(|o| {
            let rows = grouped.remove(&o.id).unwrap_or_default();
            (o, rows)
        })
        .collect();
    let thing = store::thing(&mission);
    let open = mission.status != MissionStatus::Withdrawn;
    let mut shell = visit.shell(&mission.title, "/missions");
    shell.csrf = visit.csrf();
    shell.breadcrumbs = vec![Link::new("Missions", "/desk/missions")];
    page(&ManagePage {
        shell,
        lead: authority,
        departments: if departments.is_empty() { "None named".to_owned() } else { departments.join(", ") },
        parent,
        outcomes,
        partners,
        may_edit: open && can(&visit.actor, Action::EditMission, &thing),
        may_publish: can(&visit.actor, Action::PublishMission, &thing),
        may_read: open && can(&visit.actor, Action::RecordReading, &thing),
        ready,
        mission,
    })
}

/// Which form a page of additions shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adding {
    Outcome,
    Indicator,
    Reading,
    Partner,
    Withdrawal,
}

#[derive(Template)]
#[template(path = "missions/add.html")]
struct AddPage {
    shell: Shell,
    form: FormState,
    mission: Mission,
    adding: Adding,
    outcomes: Vec<(String, String)>,
    indicators: Vec<(String, String)>,
    correcting: bool,
}

async fn add_page(visit: &Visit, mission: Mission, adding: Adding, form: FormState) -> Result<AddPage> {
    let id = mission.id;
    let (outcomes, indicators) = visit
        .app
        .db
        .read(move |db| {
            Ok(match adding {
                Adding::Indicator => (store::outcomes_of(db, id)?, Vec::new()),
                Adding::Reading => (Vec::new(), store::indicators_of(db, id)?),
                Adding::Outcome | Adding::Partner | Adding::Withdrawal => (Vec::new(), Vec::new()),
            })
        })
        .await?;
    let correcting = !form.value("corrects").is_empty();
    let title = match adding {
        Adding::Outcome => "Add an outcome",
        Adding::Indicator => "Add an indicator",
        Adding::Reading if correcting => "Correct a reading",
        Adding::Reading => "Record a reading",
        Adding::Partner => "Add a partner",
        Adding::Withdrawal => "Withdraw the mission",
    };
    Ok(AddPage {
        shell: form_shell(visit, title, &form, Some(&mission)),
        form,
        adding,
        outcomes: outcomes.into_iter().map(|o| (o.id.to_string(), o.title)).collect(),
        indicators: indicators.into_iter().map(|i| (i.id.to_string(), format!("{} ({})", i.title, i.unit))).collect(),
        correcting,
        mission,
    })
}

async fn show_form(visit: &Visit, slug: &str, action: Action, adding: Adding, form: FormState) -> Answer {
    let mission = editable(visit, slug, action).await?;
    page(&add_page(visit, mission, adding, form).await?)
}

async fn added<T, I>(
    visit: &Visit,
    slug: &str,
    outcome: Result<T>,
    posted: Posted<I>,
    (action, adding): (Action, Adding),
    done: &str,
) -> Answer {
    match outcome {
        Ok(_) => {
            visit.done(done);
            see(&format!("/missions/{slug}/manage"))
        }
        Err(error) => {
            let form = posted.again(error)?;
            let mission = editable(visit, slug, action).await?;
            page_again(&add_page(visit, mission, adding, form).await?)
        }
    }
}

/// `GET /missions/{slug}/outcomes/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn outcome_form(visit: Visit, slug: web::Path<String>) -> Answer {
    show_form(&visit, &slug, Action::EditMission, Adding::Outcome, FormState::empty()).await
}

/// `POST /missions/{slug}/outcomes/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn add_outcome(visit: Visit, slug: web::Path<String>, posted: Posted<OutcomeInput>) -> Answer {
    let outcome = actions::add_outcome(&visit.app, &visit.actor, &slug, &posted.input, visit.now).await;
    let what = (Action::EditMission, Adding::Outcome);
    added(&visit, &slug, outcome, posted, what, "The outcome is added. Now add an indicator that measures it.").await
}

/// What a form begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Prefilled {
    /// Identifier of an outcome.
    outcome: String,
    /// Identifier of an indicator.
    indicator: String,
    /// Identifier of a reading to correct.
    corrects: String,
}

/// `GET /missions/{slug}/indicators/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn indicator_form(visit: Visit, slug: web::Path<String>, query: web::Query<Prefilled>) -> Answer {
    let form = FormState::filled([("outcome", query.outcome.clone())]);
    show_form(&visit, &slug, Action::EditMission, Adding::Indicator, form).await
}

/// `POST /missions/{slug}/indicators/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn add_indicator(visit: Visit, slug: web::Path<String>, posted: Posted<IndicatorInput>) -> Answer {
    let outcome = actions::add_indicator(&visit.app, &visit.actor, &slug, &posted.input, visit.now).await;
    let what = (Action::EditMission, Adding::Indicator);
    added(&visit, &slug, outcome, posted, what, "The indicator is added. Record its first reading when you have one.")
        .await
}

/// `GET /missions/{slug}/readings/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn reading_form(visit: Visit, slug: web::Path<String>, query: web::Query<Prefilled>) -> Answer {
    let mut fields = vec![("indicator", query.indicator.clone())];
    if let (Ok(indicator), Ok(corrects)) =
        (query.indicator.parse::<Id<Indicator>>(), query.corrects.parse::<Id<Reading>>())
    {
        let all = visit.app.db.read(move |db| store::readings_of_indicator(db, indicator)).await?;
        // The form shows figures of the mission it belongs to only: the rule asks again when it is posted.
        let mission = editable(&visit, &slug, Action::RecordReading).await?;
        if let Some(reading) = all.into_iter().find(|r| r.id == corrects && r.mission_id == mission.id) {
            fields.extend([
                ("corrects", corrects.to_string()),
                ("read_on", reading.read_on.to_string()),
                ("value", reading.value.to_string()),
                ("source", reading.source),
            ]);
        }
    }
    show_form(&visit, &slug, Action::RecordReading, Adding::Reading, FormState::filled(fields)).await
}

/// `POST /missions/{slug}/readings/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn record_reading(visit: Visit, slug: web::Path<String>, posted: Posted<ReadingInput>) -> Answer {
    let outcome = actions::record_reading(&visit.app, &visit.actor, &slug, &posted.input, visit.now).await;
    let what = (Action::RecordReading, Adding::Reading);
    added(&visit, &slug, outcome, posted, what, "The reading is recorded.").await
}

/// `GET /missions/{slug}/partners/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn partner_form(visit: Visit, slug: web::Path<String>) -> Answer {
    show_form(&visit, &slug, Action::EditMission, Adding::Partner, FormState::empty()).await
}

/// `POST /missions/{slug}/partners/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn add_partner(visit: Visit, slug: web::Path<String>, posted: Posted<PartnerInput>) -> Answer {
    let outcome = actions::add_partner(&visit.app, &visit.actor, &slug, &posted.input, visit.now).await;
    let what = (Action::EditMission, Adding::Partner);
    added(&visit, &slug, outcome, posted, what, "The partner is added.").await
}

/// `POST /missions/{slug}/publish`
///
/// # Errors
/// Denied, NotFound, refused.
pub async fn publish(visit: Visit, slug: web::Path<String>, _posted: Posted<Nothing>) -> Answer {
    actions::publish(&visit.app, &visit.actor, &slug, visit.now).await?;
    visit.done("The mission is published. Everybody can see it now.");
    see(&format!("/missions/{slug}"))
}

/// `GET /missions/{slug}/withdraw`
///
/// # Errors
/// Denied, NotFound.
pub async fn withdraw_form(visit: Visit, slug: web::Path<String>) -> Answer {
    show_form(&visit, &slug, Action::PublishMission, Adding::Withdrawal, FormState::empty()).await
}

/// `POST /missions/{slug}/withdraw`
///
/// # Errors
/// Denied, NotFound.
pub async fn withdraw(visit: Visit, slug: web::Path<String>, posted: Posted<Withdrawal>) -> Answer {
    let outcome = actions::withdraw(&visit.app, &visit.actor, &slug, &posted.input, visit.now).await;
    let what = (Action::PublishMission, Adding::Withdrawal);
    added(&visit, &slug, outcome, posted, what, "The mission is withdrawn. Only staff can see it now.").await
}
