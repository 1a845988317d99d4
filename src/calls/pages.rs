//! Pages of calls that everybody can read.

use super::actions::{self, QuestionInput};
use super::lots_pages::{self, LotShown};
use super::model::{Call, CallKind, CallRow, CallStage, CallVersion, Notice, Question, shown_stage};
use super::questions::{self, Questions, QuestionsQuery};
use super::store::{self, Filter};
use super::view::{self, ConditionRow, DateRow, ScoredRow};
use super::{catalogue, criteria, lots_store, rules};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::canonical_json;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::missions;
use crate::people::policy::{Action, can};
use crate::values::time::distance;
use crate::values::{Id, Instant};
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::collections::HashSet;

/// Most rows of an exported list.
const EXPORTED: usize = 5000;

/// Filter, page and format of a list of calls, as its URL holds them.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListQuery {
    /// `tender` or `round`.
    pub kind: String,
    /// Identifier of a mission.
    pub mission: String,
    /// `open`, `closed`, `withdrawn`; for staff also `draft` and `awaiting_notice`.
    pub stage: String,
    /// Words in title, summary or reference.
    pub q: String,
    /// The `next` of the page before.
    pub after: String,
    /// `csv` or `xlsx`.
    pub format: String,
}

impl ListQuery {
    /// The filter. A word that is none narrows nothing.
    #[must_use]
    pub fn filter(&self) -> Filter {
        Filter {
            kind: self.kind.parse().ok(),
            mission: self.mission.parse().ok(),
            stage: self.stage.parse().ok(),
            words: self.q.chars().take(100).collect(),
        }
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// Invalid.
    pub fn cursor(&self) -> Result<Option<crate::db::Cursor>> {
        if self.after.is_empty() {
            return Ok(None);
        }
        self.after.parse().map(Some).map_err(|e: &str| Error::field("after", e))
    }

    /// The same list with one more parameter.
    pub(super) fn link(&self, base: &str, name: &str, value: &str) -> String {
        let start = format!("{base}?");
        let mut query = url::form_urlencoded::Serializer::for_suffix(start, base.len() + 1);
        for (key, value) in [("kind", &self.kind), ("mission", &self.mission), ("stage", &self.stage), ("q", &self.q)] {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        query.append_pair(name, value);
        query.finish()
    }

    pub(super) fn state(&self) -> FormState {
        FormState::filled([
            ("kind", self.kind.as_str()),
            ("mission", self.mission.as_str()),
            ("stage", self.stage.as_str()),
            ("q", self.q.as_str()),
        ])
    }
}

/// A call of a list, in words.
pub(super) struct LineShown {
    pub(super) line: CallRow,
    pub(super) stage: (&'static str, &'static str),
    pub(super) closes: String,
    pub(super) left: String,
}

impl LineShown {
    /// Where the call is.
    pub(super) fn href(&self) -> String {
        ["/calls/", &self.line.id.to_string()].concat()
    }

    /// What stands below the title.
    pub(super) fn under(&self) -> String {
        let (kind, reference) = (self.line.kind.label(), self.line.reference.as_str());
        match &self.line.lot_heading {
            Some(lot) => [lot, " · ", kind, " ", reference].concat(),
            None => [kind, " ", reference].concat(),
        }
    }
}

pub(super) fn shown(line: CallRow, now: Instant) -> LineShown {
    let stage = shown_stage(line.stage, line.published_at, line.deadline_at, now);
    let closes = line.deadline_at.map(|at| view::capital(&at.long())).unwrap_or_default();
    let left = line.deadline_at.map(|at| view::capital(&distance(now.date(), at.date()))).unwrap_or_default();
    LineShown { line, stage, closes, left }
}

/// The list as a file.
pub(super) fn table(lines: &[LineShown]) -> Table {
    Table {
        name: "calls".to_owned(),
        heads: vec!["reference", "kind", "title", "mission", "stage", "amount_gbp", "closes_at", "published_at", "lot"],
        rows: lines
            .iter()
            .map(|row| {
                let at = |at: Option<Instant>| at.map(Instant::rfc3339).unwrap_or_default();
                vec![
                    row.line.reference.clone(),
                    row.line.kind.to_string(),
                    row.line.title.clone(),
                    row.line.mission.clone(),
                    row.stage.0.to_owned(),
                    row.line.amount.plain(),
                    at(row.line.deadline_at),
                    at(row.line.published_at),
                    row.line.lot_heading.clone().unwrap_or_default(),
                ]
            })
            .collect(),
    }
}

#[derive(Template)]
#[template(path = "calls/list.html")]
struct ListPage {
    shell: Shell,
    form: FormState,
    lines: Vec<LineShown>,
    kinds: Vec<(&'static str, &'static str)>,
    stages: Vec<(&'static str, &'static str)>,
    csv: String,
    xlsx: String,
    next: String,
}

/// `GET /calls`
///
/// # Errors
/// Invalid for a damaged page link.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let (filter, cursor, now) = (query.filter(), query.cursor()?, visit.now);
    let export = !query.format.is_empty();
    let limit = if export { EXPORTED } else { crate::db::Page::<CallRow>::SIZE };
    let found = if cursor.is_none() && !export && filter == Filter::default() {
        visit.app.db.read_at_once(move |db| store::first_public(db, now)).await?
    } else {
        let narrowed = move |db: &mut Db| store::list_public(db, &filter, now, cursor.as_ref(), limit);
        visit.app.db.read(narrowed).await?.map(CallRow::from)
    };
    let next = found.next.map(|c| query.link("/calls", "after", &c.to_string())).unwrap_or_default();
    let lines: Vec<LineShown> = found.items.into_iter().map(|line| shown(line.for_everybody(), now)).collect();
    if export {
        return table(&lines).answer(&query.format);
    }
    let mut shell = visit.shell("Calls", if visit.actor.is_staff() { "/desk/calls" } else { "/calls" });
    shell.breadcrumbs = vec![Link::new("Home", "/")];
    page(&ListPage {
        shell,
        form: query.state(),
        lines,
        kinds: CallKind::options(),
        stages: vec![("open", "Open"), ("closed", "Closed"), ("withdrawn", "Withdrawn")],
        csv: query.link("/calls", "format", "csv"),
        xlsx: query.link("/calls", "format", "xlsx"),
        next,
    })
}

/// A question as everybody may see it.
pub(super) struct QuestionShown {
    pub(super) id: Id<Question>,
    pub(super) question: String,
    pub(super) answer: Option<String>,
    pub(super) note: String,
}

pub(super) fn question_shown(question: Question) -> QuestionShown {
    let note = match question.answered_at {
        Some(at) => format!("Answered on {}", at.medium()),
        None => format!("Asked on {}", question.asked_at.medium()),
    };
    QuestionShown { id: question.id, question: question.question, answer: question.answer, note }
}

/// The questions of a call that one person may read, and where the lists go on.
pub(super) struct QuestionsShown {
    pub(super) answered: Vec<QuestionShown>,
    pub(super) answered_count: i64,
    pub(super) more_answered: String,
    pub(super) waiting: Vec<QuestionShown>,
    pub(super) waiting_count: i64,
    pub(super) more_waiting: String,
}

fn questions_shown(found: Questions) -> QuestionsShown {
    let more = |name: &str, next: Option<crate::db::Cursor>| {
        next.map(|cursor| format!("?{name}={cursor}#questions")).unwrap_or_default()
    };
    QuestionsShown {
        more_answered: more("after", found.answered.next),
        answered: found.answered.items.into_iter().map(question_shown).collect(),
        answered_count: found.answered_count,
        more_waiting: more("waiting_after", found.waiting.next),
        waiting: found.waiting.items.into_iter().map(question_shown).collect(),
        waiting_count: found.waiting_count,
    }
}

/// Everything of a call that its pages show.
pub(super) struct Whole {
    pub(super) call: Call,
    /// What this reader may know of its mission: nothing while that is hidden from them.
    pub(super) mission: catalogue::MissionShown,
    pub(super) mission_published: bool,
    pub(super) buyer: String,
    pub(super) notices: Vec<Notice>,
    pub(super) versions: Vec<CallVersion>,
    pub(super) questions: QuestionsShown,
    pub(super) withdrawn: Option<String>,
    /// Of a tender in lots, those that were withdrawn.
    pub(super) withdrawn_lots: HashSet<Id<Call>>,
}

/// Reads a call with everything around it, for who may read it.
pub(super) async fn whole(visit: &Visit, id: Id<Call>, query: &QuestionsQuery) -> Result<Whole> {
    let (actor, query) = (visit.actor.clone(), query.clone());
    visit
        .app
        .db
        .read(move |db| {
            let (call, mission, buyer, reason) = store::find_around(db, id)?;
            if !can(&actor, Action::ReadCall, &store::thing(&call)) {
                return Err(Error::NotFound);
            }
            let (notices, withdrawn_lots) = lots_store::notices(db, &call)?;
            let versions = store::versions(db, id)?;
            let questions = questions_shown(questions::read(db, &call, &actor, &query)?);
            let withdrawn = reason.filter(|_| call.stage == CallStage::Withdrawn);
            let mission_published = mission.is_public();
            let mission = if can(&actor, Action::ReadMission, &missions::thing(&mission)) {
                mission.into()
            } else {
                catalogue::MissionShown::default()
            };
            Ok(Whole {
                call,
                mission,
                mission_published,
                buyer,
                notices,
                versions,
                questions,
                withdrawn,
                withdrawn_lots,
            })
        })
        .await
}

#[derive(Template)]
#[template(path = "calls/show.html")]
struct ShowPage {
    shell: Shell,
    form: FormState,
    call: Call,
    stage: (&'static str, &'static str),
    mission: catalogue::MissionShown,
    withdrawn: Option<String>,
    buyer: String,
    paragraphs: Vec<String>,
    worth: (&'static str, String, String),
    closes: String,
    left: String,
    open: bool,
    procedure: Option<(String, String)>,
    instruments: Vec<&'static str>,
    chart: String,
    rows: Vec<ScoredRow>,
    ties: String,
    conditions: Vec<ConditionRow>,
    dates: Vec<DateRow>,
    questions: QuestionsShown,
    takes_questions: bool,
    signed_in: bool,
    staff: bool,
    steps: Vec<(String, String)>,
    notices: Vec<Notice>,
    versions: Vec<CallVersion>,
    residents_vote: bool,
    /// Of a tender in two stages: the rule by which suppliers go on, in words; empty in the second stage.
    stages_rule: String,
    /// The other stage.
    other_stage: Option<Id<Call>>,
    lot: Option<LotShown>,
}

async fn show_page(visit: &Visit, id: Id<Call>, query: &QuestionsQuery, form: FormState) -> Result<ShowPage> {
    let Whole { call, mission, buyer, notices, versions, questions, withdrawn, withdrawn_lots, .. } =
        whole(visit, id, query).await?;
    let terms = &call.terms.0;
    let mut shell = visit.shell(call.title.clone(), if visit.actor.is_staff() { "/desk/calls" } else { "/calls" });
    shell.breadcrumbs = vec![Link::new("Home", "/"), Link::new("Calls", "/calls")];
    shell.error = form.has_errors();
    let takes_questions = rules::takes_questions(&call, visit.now).is_ok();
    if takes_questions && visit.actor.account().is_some() {
        shell.csrf = visit.csrf();
    }
    let deadline = call.deadline_at.or(terms.timetable.deadline);
    Ok(ShowPage {
        shell,
        form,
        stage: call.shown_stage(visit.now),
        mission,
        withdrawn,
        buyer,
        paragraphs: terms.description.split("\n\n").map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect(),
        worth: view::worth(&call),
        closes: deadline.map_or_else(|| "Not said yet".to_owned(), |at| view::capital(&at.long())),
        left: deadline.map(|at| view::capital(&distance(visit.today(), at.date()))).unwrap_or_default(),
        open: call.is_open(visit.now),
        procedure: terms.tender.as_ref().map(|t| (t.procedure.label().to_owned(), t.contract_type.label().to_owned())),
        instruments: terms
            .round
            .as_ref()
            .map(|r| r.instruments.iter().map(|i| i.label()).collect())
            .unwrap_or_default(),
        chart: view::weights_chart(&terms.model)?,
        rows: view::scored(terms),
        ties: view::ties_words(&terms.model),
        conditions: terms.conditions.iter().map(|asked| view::condition_row(asked, terms)).collect(),
        dates: view::dates(&call, visit.today()),
        questions,
        takes_questions,
        signed_in: visit.actor.account().is_some(),
        staff: can(&visit.actor, Action::ReadDesk, &store::thing(&call)),
        steps: view::steps(&call),
        notices,
        versions,
        residents_vote: super::round::votes(terms) > 0,
        stages_rule: call.shortlists().map(|(rule, _)| super::rule_words(rule)).unwrap_or_default(),
        other_stage: call.by_invitation().or(call.shortlists().map(|(_, second)| second)),
        lot: lots_pages::shown(&call, "/calls", &withdrawn_lots),
        call,
    })
}

/// `GET /calls/{id}`
///
/// # Errors
/// NotFound; Invalid for a damaged page link.
pub async fn show(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<QuestionsQuery>) -> Answer {
    page(&show_page(&visit, *id, &query, FormState::empty()).await?)
}

/// `POST /calls/{id}/questions`
///
/// # Errors
/// NotFound, Denied.
pub async fn ask(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<QuestionInput>) -> Answer {
    match actions::ask(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Your question is sent. It and its answer will be on this page, for everybody, once the council has answered; nobody sees who asked.");
            see(&format!("/calls/{id}#questions"))
        }
        Err(error) => page_again(&show_page(&visit, *id, &QuestionsQuery::default(), posted.again(error)?).await?),
    }
}

/// Which version of the terms.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct VersionQuery {
    /// Number of the version; the newest frozen one when left out.
    pub version: Option<i64>,
}

/// `GET /calls/{id}/terms.json`: frozen terms, byte for byte what the hash was made of.
///
/// # Errors
/// NotFound.
pub async fn terms(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<VersionQuery>) -> Answer {
    let (id, actor, wanted) = (*id, visit.actor.clone(), query.version);
    let (call, version, terms) = visit
        .app
        .db
        .read(move |db| {
            let call = store::find(db, id)?;
            if !can(&actor, Action::ReadCall, &store::thing(&call)) {
                return Err(Error::NotFound);
            }
            let version = wanted.unwrap_or(call.version);
            let (terms, _) = store::version_terms(db, id, version)?;
            Ok((call, version, terms))
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}-terms-{version}.json\"", call.reference),
        ))
        .body(canonical_json(&terms)))
}

/// Whether a criterion is edited with a form of this kind; for templates.
#[must_use]
pub(super) fn kind_word(criterion: &crate::evaluation::Criterion) -> &'static str {
    match criteria::kind_of(criterion) {
        criteria::CriterionKind::Quality => "Quality",
        criteria::CriterionKind::SocialValue => "Social value",
        criteria::CriterionKind::Price => "Price",
        criteria::CriterionKind::Cost => "Whole-life cost",
        criteria::CriterionKind::Figure => "Figure",
        criteria::CriterionKind::PassFail => "Pass or fail",
        criteria::CriterionKind::Panel => "Residents’ vote",
        criteria::CriterionKind::Group => "Group",
    }
}

/// Whether the stage is one that a draft's builder shows.
pub(super) fn is_draft(call: &Call) -> bool {
    call.stage == CallStage::Draft
}
