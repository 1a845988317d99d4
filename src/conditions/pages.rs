//! Pages of the catalogue.

use super::actions;
use super::inputs::{ConditionInput, ExceptionInput, NONE_OF_THESE};
use super::model::{
    Behaviour, Cadence, Condition, ConditionException, ConditionVersion, Direction, Fixedness, Pace, Verifier,
};
use super::rules::{self, AskedOf};
use super::store::{self, Filter};
use crate::db::{Cursor, Page};
use crate::error::{Error, Result};
use crate::http::api::PageQuery;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::law::subsidy::prohibition;
use crate::missions::{self, Mission};
use crate::people;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::time::medium_date;
use crate::values::{Id, LocalDate, RefusalInfo, actor};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// `?behaviour=…&mission=…&after=…&format=csv`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    behaviour: String,
    mission: String,
    after: String,
    format: String,
}

impl ListQuery {
    pub(super) fn cursor(&self) -> Result<Option<Cursor>> {
        PageQuery { after: self.after.clone() }.cursor()
    }

    pub(super) fn filter(&self) -> Result<Filter> {
        let behaviour = match self.behaviour.as_str() {
            "" => None,
            word => Some(word.parse().map_err(|e: String| Error::field("behaviour", e))?),
        };
        let mission = match self.mission.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| Error::field("mission", "Choose a mission from the list"))?),
        };
        Ok(Filter { behaviour, mission })
    }

    /// The address of this list with one more parameter.
    fn with(&self, more: &str) -> String {
        let filter = [("behaviour", &self.behaviour), ("mission", &self.mission)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}&"))
            .collect::<Vec<_>>()
            .concat();
        format!("/conditions?{filter}{more}")
    }
}

#[derive(Template)]
#[template(path = "conditions/list.html")]
struct ListPage {
    shell: Shell,
    form: FormState,
    rows: Vec<(Condition, String)>,
    missions: Vec<(String, String)>,
    filtered: bool,
    next: String,
    csv: String,
    xlsx: String,
    may_edit: bool,
}

/// `GET /conditions`: the catalogue of the authority, by behaviour and mission.
///
/// # Errors
/// Denied, Invalid.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let thing = Thing::of_authority(authority);
    require(&visit.actor, Action::ReadConditions, &thing)?;
    let (filter, cursor) = (query.filter()?, query.cursor()?);
    let limit = if query.format.is_empty() { Page::<Condition>::SIZE } else { 500 };
    let found = visit.app.db.read(move |db| store::list(db, authority, filter, cursor.as_ref(), limit)).await?;
    if !query.format.is_empty() {
        return export(&visit, authority, &found.items, &query.format).await;
    }
    let all = visit.app.db.read(move |db| missions::of_authority(db, authority)).await?;
    let next = found.next.map(|c| query.with(&format!("after={c}"))).unwrap_or_default();
    let title_of = |id: Option<Id<Mission>>| {
        all.iter().find(|m| Some(m.id) == id).map_or_else(|| "Every mission".to_owned(), |m| m.title.clone())
    };
    let rows = found.items.into_iter().map(|c| (c.clone(), title_of(c.mission_id))).collect();
    let mut shell = visit.shell("Conditions", "/conditions");
    shell.breadcrumbs = vec![Link::new("My tasks", "/tasks")];
    page(&ListPage {
        shell,
        form: FormState::filled([("behaviour", query.behaviour.clone()), ("mission", query.mission.clone())]),
        rows,
        missions: all.iter().map(|m| (m.id.to_string(), m.title.clone())).collect(),
        filtered: filter.behaviour.is_some() || filter.mission.is_some(),
        next,
        csv: query.with("format=csv"),
        xlsx: query.with("format=xlsx"),
        may_edit: can(&visit.actor, Action::EditCondition, &thing),
    })
}

async fn export(visit: &Visit, authority: Id<actor::Organisation>, found: &[Condition], format: &str) -> Answer {
    let versions = visit.app.db.read(move |db| store::latest(db, authority)).await?;
    let rows = found
        .iter()
        .filter_map(|c| versions.iter().find(|v| v.condition_id == c.id))
        .map(|v| {
            let body = &v.body.0;
            vec![
                v.condition_id.to_string(),
                v.version.to_string(),
                body.title.clone(),
                body.text.clone(),
                body.behaviour.to_string(),
                body.fixedness.to_string(),
                body.measure.clone(),
                body.unit.clone(),
                body.direction.to_string(),
                body.target.to_string(),
                body.cadence.to_string(),
                body.prohibition.map(|p| p.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let heads = vec![
        "id",
        "version",
        "title",
        "text",
        "behaviour",
        "fixedness",
        "measure",
        "unit",
        "direction",
        "target",
        "cadence",
        "prohibition",
    ];
    Table { name: "conditions".to_owned(), heads, rows }.answer(format)
}

/// Whether a version may be asked of an investment, in words for the page.
struct Legal {
    word: &'static str,
    colour: &'static str,
    sentence: String,
    /// Whether recording the exception would help.
    exceptable: bool,
}

fn legal(version: &ConditionVersion, excepted: bool, on: LocalDate) -> Legal {
    match rules::may_be_asked(&version.body.0, AskedOf::Investment, excepted, on) {
        Ok(()) => Legal {
            word: "Can be asked of investments",
            colour: "green",
            sentence: if excepted {
                "The exception of the Act is recorded for this version.".to_owned()
            } else {
                "Its author answered that it depends on nothing that subsidy law prohibits.".to_owned()
            },
            exceptable: false,
        },
        Err(refusal) => {
            let exceptable = matches!(refusal, rules::ConditionRefusal::ExceptionNeeded(_));
            let sentence = match refusal.reference() {
                Some(reference) => format!("{} ({reference})", refusal.sentence()),
                None => refusal.sentence(),
            };
            let word = if exceptable { "Blocked for investments" } else { "Cannot be asked of investments" };
            Legal { word, colour: if exceptable { "yellow" } else { "red" }, sentence, exceptable }
        }
    }
}

#[derive(Template)]
#[template(path = "conditions/show.html")]
struct ShowPage {
    shell: Shell,
    condition: Condition,
    newest: ConditionVersion,
    older: Vec<(ConditionVersion, String)>,
    author: String,
    ends: String,
    mission: Option<Mission>,
    legal: Legal,
    exception: Option<ConditionException>,
    may_edit: bool,
    may_except: bool,
}

/// `GET /conditions/{id}`: an entry with every version of it.
///
/// # Errors
/// NotFound.
pub async fn show(visit: Visit, id: web::Path<Id<Condition>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (condition, mut versions, exceptions, mission, names) = visit
        .app
        .db
        .read(move |db| {
            let condition = store::find(db, id)?;
            if !can(&actor, Action::ReadConditions, &store::thing(&condition)) {
                return Err(Error::NotFound);
            }
            let versions = store::versions_of(db, id)?;
            let exceptions = store::exceptions_of(db, id)?;
            let mission = condition.mission_id.map(|m| missions::find(db, m)).transpose()?;
            let mission = mission.filter(|m| can(&actor, Action::ReadMission, &missions::thing(m)));
            let authors: Vec<_> = versions.iter().map(|v| v.made_by).collect();
            let names = people::account_names(db, &authors)?;
            Ok((condition, versions, exceptions, mission, names))
        })
        .await?;
    if versions.is_empty() {
        return Err(Error::NotFound.into());
    }
    let newest = versions.remove(0);
    let exception = exceptions.into_iter().find(|e| e.version == newest.version);
    let legal = legal(&newest, exception.is_some(), visit.today());
    let name = |v: &ConditionVersion| names.get(&v.made_by).cloned().unwrap_or_default();
    let thing = store::thing(&condition);
    let mut shell = visit.shell(&condition.title, "/conditions");
    shell.breadcrumbs = vec![Link::new("Conditions", "/conditions")];
    page(&ShowPage {
        shell,
        author: name(&newest),
        ends: newest.body.0.sunset.map_or_else(|| "With the agreement".to_owned(), medium_date),
        older: versions.into_iter().map(|v| (v.clone(), name(&v))).collect(),
        mission,
        exception,
        may_edit: can(&visit.actor, Action::EditCondition, &thing),
        may_except: legal.exceptable
            && can(&visit.actor, Action::RecordException, &thing)
            && visit.actor.account() != Some(newest.made_by),
        legal,
        newest,
        condition,
    })
}

#[derive(Template)]
#[template(path = "conditions/edit.html")]
struct EditPage {
    shell: Shell,
    form: FormState,
    action: String,
    fresh: bool,
    why: &'static str,
    save: &'static str,
    missions: Vec<(String, String)>,
    behaviours: Vec<(&'static str, &'static str, &'static str)>,
    questions: Vec<(&'static str, &'static str, &'static str)>,
}

fn form_shell(visit: &Visit, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(title, "/conditions");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell.breadcrumbs = vec![Link::new("Conditions", "/conditions")];
    shell
}

async fn edit_page(visit: &Visit, condition: Option<Id<Condition>>, form: FormState) -> Result<EditPage> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let missions = visit.app.db.read(move |db| missions::of_authority(db, authority)).await?;
    let fresh = condition.is_none();
    let title = if fresh { "Write a condition" } else { "Make a new version" };
    let mut questions: Vec<_> =
        rules::QUESTIONS.iter().map(|(code, text, hint)| (code.as_str(), *text, *hint)).collect();
    questions.push((NONE_OF_THESE, "None of these", ""));
    Ok(EditPage {
        shell: form_shell(visit, title, &form),
        form,
        action: condition.map_or_else(|| "/conditions/new".to_owned(), |id| format!("/conditions/{id}/versions/new")),
        fresh,
        why: if fresh { "Why is it written? (optional)" } else { "Why do you make a new version?" },
        save: if fresh { "Put it in the catalogue" } else { "Make the new version" },
        missions: missions.into_iter().map(|m| (m.id.to_string(), m.title)).collect(),
        behaviours: Behaviour::ALL.iter().map(|b| (b.as_str(), b.label(), b.meaning())).collect(),
        questions,
    })
}

/// `GET /conditions/new`
///
/// # Errors
/// Denied.
pub async fn new_form(visit: Visit) -> Answer {
    page(&edit_page(&visit, None, FormState::empty()).await?)
}

fn made(visit: &Visit, condition: &Condition) -> Answer {
    visit.done(format!("Version {} of “{}” is in the catalogue.", condition.version, condition.title));
    see(&format!("/conditions/{}", condition.id))
}

/// `POST /conditions/new`
///
/// # Errors
/// Denied.
pub async fn create(visit: Visit, posted: Posted<ConditionInput>) -> Answer {
    match actions::create(&visit.app, &visit.actor, &posted.input, visit.now).await {
        Ok(condition) => made(&visit, &condition),
        Err(error) => page_again(&edit_page(&visit, None, posted.again(error)?).await?),
    }
}

/// The newest version of an entry for somebody who may do this to it.
async fn newest_for(visit: &Visit, id: Id<Condition>, action: Action) -> Result<(Condition, ConditionVersion)> {
    let actor = visit.actor.clone();
    visit
        .app
        .db
        .read(move |db| {
            let condition = store::find(db, id)?;
            let thing = store::thing(&condition);
            if !can(&actor, Action::ReadConditions, &thing) {
                return Err(Error::NotFound);
            }
            require(&actor, action, &thing)?;
            let version = store::find_version(db, id, condition.version)?;
            Ok((condition, version))
        })
        .await
}

/// `GET /conditions/{id}/versions/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn version_form(visit: Visit, id: web::Path<Id<Condition>>) -> Answer {
    let (condition, version) = newest_for(&visit, *id, Action::EditCondition).await?;
    let form = FormState::filled(ConditionInput::fields(&version, condition.mission_id));
    page(&edit_page(&visit, Some(*id), form).await?)
}

/// `POST /conditions/{id}/versions/new`
///
/// # Errors
/// Denied, NotFound.
pub async fn add_version(visit: Visit, id: web::Path<Id<Condition>>, posted: Posted<ConditionInput>) -> Answer {
    match actions::add_version(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(condition) => made(&visit, &condition),
        Err(error) => page_again(&edit_page(&visit, Some(*id), posted.again(error)?).await?),
    }
}

#[derive(Template)]
#[template(path = "conditions/exception.html")]
struct ExceptionPage {
    shell: Shell,
    form: FormState,
    condition: Condition,
    version: ConditionVersion,
    what: &'static str,
    asks: &'static str,
    reference: &'static str,
}

async fn exception_page(visit: &Visit, id: Id<Condition>, form: FormState) -> Result<ExceptionPage> {
    let (condition, version) = newest_for(visit, id, Action::RecordException).await?;
    let found = version.body.0.prohibition.ok_or(rules::ConditionRefusal::NothingToExcept)?;
    let found = prohibition(found, visit.today()).map_err(rules::ConditionRefusal::from)?;
    let asks = found.exception.ok_or(rules::ConditionRefusal::NothingToExcept)?;
    Ok(ExceptionPage {
        shell: form_shell(visit, "Record the exception", &form),
        form,
        condition,
        version,
        what: found.sentence,
        asks,
        reference: found.reference,
    })
}

/// `GET /conditions/{id}/exception`
///
/// # Errors
/// Denied, NotFound, refused when there is none to record.
pub async fn exception_form(visit: Visit, id: web::Path<Id<Condition>>) -> Answer {
    page(&exception_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /conditions/{id}/exception`
///
/// # Errors
/// Denied, NotFound.
pub async fn record_exception(visit: Visit, id: web::Path<Id<Condition>>, posted: Posted<ExceptionInput>) -> Answer {
    match actions::record_exception(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The exception is recorded. This version can now be asked of investments.");
            see(&format!("/conditions/{id}"))
        }
        Err(error) => page_again(&exception_page(&visit, *id, posted.again(error)?).await?),
    }
}
