//! Pages of applicants.

use super::actions::{self, Opened};
use super::model::{Application, ApplicationState, Draft};
use super::questions::{self, Asks, Question, Section};
use super::rules::{self};
use super::typed::{self, Fields, Progress};
use super::{question_body, store};
use crate::calls::{self, Call, CallStage};
use crate::db::{Cursor, Db, Page};
use crate::documents::Document;
use crate::error::{Error, Result};
use crate::evaluation::Kind;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, attachment, page, page_again, see};
use crate::people::Profile;
use crate::people::policy::{Action, can};
use crate::values::time::{distance, medium_date};
use crate::values::{Id, actor, counted};
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const MENU: &str = "/applications";

pub(super) fn form_shell(visit: &Visit, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(title, MENU);
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell
}

async fn public_call(visit: &Visit, id: Id<Call>) -> Result<Call> {
    let call = visit.app.db.read(move |db| calls::find(db, id)).await?;
    if can(&visit.actor, Action::ReadCall, &calls::thing(&call)) { Ok(call) } else { Err(Error::NotFound) }
}

#[derive(Template)]
#[template(path = "applications/can_i_apply.html")]
struct EligibilityPage {
    shell: Shell,
    call: Call,
    form: FormState,
    answered: bool,
    reasons: Vec<String>,
    yes_no: Vec<(&'static str, &'static str)>,
    open: bool,
}

/// `GET /calls/{id}/can-i-apply`: asked before sign-in; the answers live in the address and are kept nowhere.
///
/// # Errors
/// NotFound for a call that is not public.
pub async fn can_i_apply(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<Fields>) -> Answer {
    let call = public_call(&visit, *id).await?;
    let answers: BTreeMap<String, bool> = call
        .terms
        .0
        .eligibility
        .iter()
        .filter_map(|q| match query.get(&format!("eligible_{}", q.id)).map(String::as_str) {
            Some("yes") => Some((q.id.clone(), true)),
            Some("no") => Some((q.id.clone(), false)),
            _ => None,
        })
        .collect();
    let answered = query.contains_key("asked") || call.terms.0.eligibility.is_empty();
    let reasons = if answered { rules::not_eligible(&call.terms.0, &answers) } else { Vec::new() };
    let mut shell = visit.shell("Can you apply?", "/calls");
    shell.breadcrumbs =
        vec![Link::new("Open calls", "/calls"), Link::new(call.title.clone(), format!("/calls/{}", call.id))];
    page(&EligibilityPage {
        shell,
        open: call.is_open(visit.now),
        form: FormState::filled(query.into_inner()),
        answered,
        reasons,
        yes_no: question_body::YES_NO.to_vec(),
        call,
    })
}

#[derive(Template)]
#[template(path = "applications/apply.html")]
struct ApplyPage {
    shell: Shell,
    form: FormState,
    call: Call,
    organisations: Vec<(String, String)>,
    deadline: String,
}

async fn apply_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<ApplyPage> {
    let call = public_call(visit, id).await?;
    let mut organisations: Vec<(String, String)> =
        visit.actor.applicant_organisations().map(|m| (m.organisation.to_string(), m.name.clone())).collect();
    organisations.dedup();
    // Whoever has one organisation has chosen it already.
    let form = match organisations.as_slice() {
        [(only, _)] if !form.has_errors() => FormState::filled([("organisation", only.clone())]),
        _ => form,
    };
    let mut shell = form_shell(visit, "Start an application", &form);
    shell.breadcrumbs = vec![Link::new("Open calls", "/calls"), Link::new(call.title.clone(), format!("/calls/{id}"))];
    let deadline = call.deadline_at.map(crate::values::Instant::long).unwrap_or_default();
    Ok(ApplyPage { shell, form, call, organisations, deadline })
}

/// `GET /calls/{id}/apply`
///
/// # Errors
/// NotFound; refused when the call is closed, and for a second stage to which none of the reader's organisations was
/// invited.
pub async fn apply_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let shown = apply_page(&visit, *id, FormState::empty()).await?;
    if shown.call.by_invitation().is_some() && shown.call.is_open(visit.now) {
        let second = shown.call.id;
        let own: Vec<_> = visit.actor.applicant_organisations().map(|m| m.organisation).collect();
        let listed = move |db: &mut Db| {
            let mut answer = Ok(());
            for organisation in own {
                answer = calls::stages::require_listed(db, second, organisation);
                if answer.is_ok() {
                    break;
                }
            }
            answer
        };
        visit.app.db.read(listed).await?;
    }
    match rules::takes_applications(&shown.call, visit.now) {
        Ok(()) => page(&shown),
        Err(refusal) => late(&visit, refusal.into(), "/calls"),
    }
}

/// For whom to apply.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct StartInput {
    /// The organisation's identifier.
    pub organisation: String,
}

impl StartInput {
    /// The organisation.
    ///
    /// # Errors
    /// Invalid.
    pub fn organisation(&self) -> Result<Id<actor::Organisation>> {
        self.organisation.parse().map_err(|_| Error::field("organisation", "Choose the organisation that applies"))
    }
}

/// `POST /calls/{id}/apply`
///
/// # Errors
/// NotFound, Denied.
pub async fn apply(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<StartInput>) -> Answer {
    let started = match posted.input.organisation() {
        Ok(organisation) => actions::start(&visit.app, &visit.actor, *id, organisation, visit.now).await,
        Err(error) => Err(error),
    };
    match started {
        Ok(application) => see(&format!("/applications/{application}")),
        Err(error @ Error::Refused(_)) => late(&visit, error, "/calls"),
        Err(error) => page_again(&apply_page(&visit, *id, posted.again(error)?).await?),
    }
}

#[derive(Template)]
#[template(path = "applications/late.html")]
struct LatePage {
    shell: Shell,
    title: &'static str,
    sentence: String,
    back: String,
}

/// The page of what came after the deadline, with the server's instant. Other errors go on.
pub(super) fn late(visit: &Visit, error: Error, back: &str) -> Answer {
    let Error::Refused(refusal) = &error else { return Err(error.into()) };
    let title = match refusal.code {
        "applications/late" => "This call has closed",
        "applications/not-open" => "This call is not open",
        "applications/withdrawn" => "This application was withdrawn",
        _ => return Err(error.into()),
    };
    let html =
        LatePage { shell: visit.shell(title, MENU), title, sentence: refusal.sentence.clone(), back: back.to_owned() }
            .render()
            .map_err(Error::from)?;
    Ok(HttpResponse::build(StatusCode::CONFLICT)
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(html))
}

struct ListRow {
    id: Id<Application>,
    title: String,
    reference: String,
    organisation: String,
    status: &'static str,
    colour: &'static str,
    closes: String,
}

#[derive(Template)]
#[template(path = "applications/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<ListRow>,
    next: String,
    belongs: bool,
}

/// Query of one's own list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    after: String,
    format: String,
}

fn status(application: &Application, call: &Call, open: bool) -> (&'static str, &'static str) {
    match application.state {
        ApplicationState::Submitted if open && rules::needs_confirmation(call, application) => {
            ("Needs confirmation", "orange")
        }
        ApplicationState::Submitted if application.opened_at.is_some() => ("Opened", "blue"),
        ApplicationState::Submitted => ("Submitted", "green"),
        ApplicationState::Withdrawn => ("Withdrawn", "grey"),
        ApplicationState::Draft if open => ("In progress", "blue"),
        ApplicationState::Draft => ("Not sent", "grey"),
    }
}

/// `GET /applications`
///
/// # Errors
/// Internal.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let cursor: Option<Cursor> = if query.after.is_empty() {
        None
    } else {
        Some(query.after.parse().map_err(|e: &str| Error::field("after", e))?)
    };
    let names: BTreeMap<_, _> =
        visit.actor.applicant_organisations().map(|m| (m.organisation, m.name.clone())).collect();
    let organisations: Vec<_> = names.keys().copied().collect();
    let size = if query.format.is_empty() { Page::<Application>::SIZE } else { 500 };
    let (found, calls) = visit
        .app
        .db
        .read(move |db| {
            let found = store::by_organisations(db, &organisations, cursor.as_ref(), size)?;
            let calls: Vec<_> = found.items.iter().map(|a| a.call_id).collect();
            Ok((found, calls::find_many(db, &calls)?))
        })
        .await?;
    let next = found.next.map(|c| format!("/applications?after={c}")).unwrap_or_default();
    let rows: Vec<ListRow> = found
        .items
        .iter()
        .filter_map(|a| {
            let call = calls.get(&a.call_id)?;
            let (status, colour) = status(a, call, call.is_open(visit.now));
            Some(ListRow {
                id: a.id,
                title: call.title.clone(),
                reference: a.reference.clone().unwrap_or_else(|| call.reference.clone()),
                organisation: names.get(&a.organisation_id).cloned().unwrap_or_default(),
                status,
                colour,
                closes: call.deadline_at.map(crate::values::Instant::medium).unwrap_or_default(),
            })
        })
        .collect();
    if !query.format.is_empty() {
        return Table {
            name: "applications".to_owned(),
            heads: vec!["call", "reference", "organisation", "status", "closes"],
            rows: rows
                .into_iter()
                .map(|r| vec![r.title, r.reference, r.organisation, r.status.to_owned(), r.closes])
                .collect(),
        }
        .answer(&query.format);
    }
    page(&ListPage { shell: visit.shell("My applications", MENU), rows, next, belongs: !names.is_empty() })
}

struct Task {
    key: String,
    title: String,
    href: String,
    status: &'static str,
    colour: &'static str,
    hint: String,
}

#[derive(Template)]
#[template(path = "applications/tasks.html")]
struct TasksPage {
    shell: Shell,
    application: Application,
    call: Call,
    sections: Vec<(usize, &'static str, Vec<Task>)>,
    send_number: usize,
    done: usize,
    total: usize,
    ready: bool,
    open: bool,
    has_draft: bool,
    needs_confirmation: bool,
    /// What was changed since it was last sent is not sent.
    unsent: bool,
    may_submit: bool,
    status: (&'static str, &'static str),
    closes: String,
    left: String,
    saved: String,
    submitted: String,
    /// When it was opened; empty while it is sealed.
    opened: String,
    withdrawn: bool,
    /// Whether the call still takes applications.
    call_open: bool,
    /// Why nothing can be written any more, where the call is the reason.
    ended: String,
}

fn tasks_page(visit: &Visit, opened: Opened) -> TasksPage {
    let Opened { application, call, draft } = opened;
    let terms = &call.terms.0;
    let open = rules::may_change(&call, &application, visit.now).is_ok();
    let unsent = open && draft.as_ref().is_some_and(|draft| rules::changed_since_sent(&application, draft));
    let has_draft = draft.is_some();
    let draft = draft.unwrap_or_default();
    let mut sections: Vec<(usize, &'static str, Vec<Task>)> = Vec::new();
    let (mut done, mut total, mut ready) = (0, 0, true);
    for section in Section::ALL.iter().copied() {
        let tasks: Vec<Task> = questions::questions(terms)
            .iter()
            .filter(|q| q.section == section)
            .map(|q| {
                let progress = typed::progress(terms, q, &draft);
                let counts = matches!(progress, Progress::Completed | Progress::Optional);
                total += 1;
                done += usize::from(counts);
                ready &= counts;
                Task {
                    key: format!("task-{}", q.key),
                    title: q.title.clone(),
                    href: if open && has_draft {
                        format!("/applications/{}/answer/{}", application.id, q.key)
                    } else {
                        String::new()
                    },
                    status: progress.label(),
                    colour: progress.colour(),
                    hint: hint(q, &draft),
                }
            })
            .collect();
        if !tasks.is_empty() {
            sections.push((sections.len() + 1, section.label(), tasks));
        }
    }
    let mut shell = visit.shell(format!("Your application: {}", call.title), MENU);
    shell.breadcrumbs = vec![Link::new("My applications", MENU)];
    TasksPage {
        shell,
        send_number: sections.len() + 1,
        done,
        total,
        ready,
        open,
        has_draft,
        needs_confirmation: open && rules::needs_confirmation(&call, &application),
        unsent,
        may_submit: can(&visit.actor, Action::SubmitApplication, &actions::thing(&application)),
        status: status(&application, &call, open),
        closes: call.deadline_at.map(crate::values::Instant::long).unwrap_or_default(),
        left: call
            .deadline_at
            .map(|d| if d >= visit.now { distance(visit.today(), d.date()) } else { "closed".to_owned() })
            .unwrap_or_default(),
        saved: application.saved_at.medium(),
        submitted: application.submitted_at.map(crate::values::Instant::exact).unwrap_or_default(),
        opened: application.opened_at.map(crate::values::Instant::medium).unwrap_or_default(),
        withdrawn: application.state == ApplicationState::Withdrawn,
        call_open: rules::takes_applications(&call, visit.now).is_ok(),
        ended: match (call.stage, call.deadline_at) {
            (CallStage::Withdrawn, _) => "The council withdrew this call.".to_owned(),
            (_, Some(deadline)) => format!("The call closed at {}.", deadline.long()),
            (_, None) => String::new(),
        },
        sections,
        application,
        call,
    }
}

fn hint(question: &Question, draft: &Draft) -> String {
    match &question.asks {
        Asks::Organisation if draft.answers.profile == Profile::default() => {
            "Your organisation’s profile says nothing yet. Add its address and what it does".to_owned()
        }
        Asks::Organisation => "Reused from your organisation’s profile".to_owned(),
        Asks::Quality { criterion, words } => match draft.answers.answers.get(criterion) {
            Some(text) => format!("{} of {words} words", questions::words(text)),
            None => String::new(),
        },
        Asks::Files => match draft.answers.files.len() {
            0 => String::new(),
            n => counted(n, "files"),
        },
        _ => String::new(),
    }
}

/// `GET /applications/{id}`
///
/// # Errors
/// NotFound for another's.
pub async fn tasks(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let opened = actions::read_draft(&visit.app, &visit.actor, *id, visit.now).await?;
    page(&tasks_page(&visit, opened))
}

/// `GET /applications/{id}/files/{document}`
///
/// # Errors
/// NotFound.
pub async fn own_file(visit: Visit, path: web::Path<(Id<Application>, Id<Document>)>) -> Answer {
    let (id, document) = path.into_inner();
    let (file, bytes) = actions::own_file(&visit.app, &visit.actor, id, document, visit.now).await?;
    attachment(&file.name, &file.media_type, bytes)
}

/// Level texts of a quality criterion, as the guidance of its question.
pub(super) fn level_texts(call: &Call, criterion: &str) -> Vec<(String, String)> {
    match call.terms.0.model.criterion(criterion).map(|c| &c.kind) {
        Some(Kind::Quality { levels }) => {
            levels.iter().rev().map(|l| (format!("Level {}", l.level), l.text.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// A day in words, for the templates of this room.
pub(super) fn day(date: crate::values::LocalDate) -> String {
    medium_date(date)
}
