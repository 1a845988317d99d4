//! Work that was tried too often and waits for an administrator: mails that no server took, and jobs that failed.

use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::Page;
use crate::error::{Error, Result};
use crate::http::api::{self, PageQuery};
use crate::http::{Answer, FormState, Link, Nothing, Posted, Sent, Shell, Visit, page, page_again, see};
use crate::outbox::mail::{self, GivenUp, Mail};
use crate::outbox::{self, Backlog, Job, SetAside};
use crate::people::policy::{Action, Thing, require};
use crate::values::{Actor, Id, Instant, Role, Subject, actor};
use actix_web::web;
use askama::Template;
use serde_json::json;

/// Jobs shown at most: they go as they are done, and more than a few are one defect.
const JOBS: i64 = 100;

#[derive(Template)]
#[template(path = "web/set_aside.html")]
struct SetAsidePage {
    shell: Shell,
    form: FormState,
    mails: Page<GivenUp>,
    jobs: Vec<SetAside>,
    backlog: Backlog,
}

impl SetAsidePage {
    /// When it was given up, to whom it goes, what it is about, and what the mail server said.
    fn mail(mail: &GivenUp) -> (String, &str, &str, &str) {
        let given_up = mail.failed_at.map(Instant::medium).unwrap_or_default();
        match mail.authority_id {
            Some(_) => (given_up, &mail.recipient, &mail.subject, mail.last_error.as_deref().unwrap_or_default()),
            None => (given_up, "Somebody with an account", "Their account or application", "In the log"),
        }
    }
    /// What was set aside, and then whether everything else that was due is done.
    fn verdict(&self) -> String {
        let nothing = self.mails.items.is_empty() && self.jobs.is_empty();
        match (nothing, self.backlog.due_since.map(Instant::medium)) {
            (true, None) => "Nothing was set aside. All work that was due is done.".to_owned(),
            (true, Some(since)) => format!("Nothing was set aside. The oldest work that is due waits since {since}."),
            (false, rest) => {
                let rest = match rest {
                    None => "All other work that was due is done.".to_owned(),
                    Some(since) => format!("Of all other work that is due, the oldest waits since {since}."),
                };
                format!("Some work was set aside and waits for you; nothing of it is lost. {rest}")
            }
        }
    }
    fn since(job: &SetAside) -> String {
        job.failed_at.map(Instant::medium).unwrap_or_default()
    }
    fn next(&self) -> String {
        self.mails.next.as_ref().map(|c| format!("/set-aside?after={c}")).unwrap_or_default()
    }
}

/// The authority that somebody looks after.
fn authority(actor: &Actor) -> Result<Id<actor::Organisation>> {
    let authority = actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    require(actor, Action::ManageWork, &Thing::of_authority(authority))?;
    Ok(authority)
}

async fn found(visit: &Visit, query: &PageQuery) -> Result<(Page<GivenUp>, Vec<SetAside>, Backlog)> {
    let (authority, cursor, now) = (authority(&visit.actor)?, query.cursor()?, visit.now);
    visit
        .app
        .db
        .read(move |db| {
            let mails = mail::given_up(db, authority, cursor.as_ref(), Page::<GivenUp>::SIZE)?;
            Ok((mails, outbox::set_aside(db, JOBS)?, outbox::backlog(db, now)?))
        })
        .await
}

async fn set_aside_page(visit: &Visit, query: &PageQuery, form: FormState) -> Result<SetAsidePage> {
    let (mails, jobs, backlog) = found(visit, query).await?;
    let mut shell = visit.shell("Work set aside", "/people");
    shell.breadcrumbs = vec![Link::new("People", "/people")];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(SetAsidePage { shell, form, mails, jobs, backlog })
}

/// `GET /set-aside`
///
/// # Errors
/// Denied.
pub async fn show(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    page(&set_aside_page(&visit, &query, FormState::empty()).await?)
}

/// What is done with something that was set aside.
#[derive(Clone, Copy, Debug)]
enum Step {
    SendAgain(Id<Mail>),
    Leave(Id<Mail>),
    RunAgain(Id<Job>),
}

async fn take(app: &App, actor: &Actor, step: Step, now: Instant) -> Result<()> {
    let authority = authority(actor)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let (action, subject) = match step {
                Step::SendAgain(id) => {
                    mail::try_again(db, authority, id, now)?;
                    ("mail.tried_again", Subject::new("mail", id))
                }
                Step::Leave(id) => {
                    mail::leave(db, authority, id, now)?;
                    ("mail.put_away", Subject::new("mail", id))
                }
                Step::RunAgain(id) => {
                    outbox::try_again(db, id, now)?;
                    ("job.tried_again", Subject::new("job", id))
                }
            };
            audit::record(
                db,
                Entry { authority: Some(authority), at: now, actor: &actor, action, subject, facts: json!({}) },
            )?;
            Ok(())
        })
        .await
}

async fn step(visit: Visit, step: Step, posted: Posted<Nothing>) -> Answer {
    match take(&visit.app, &visit.actor, step, visit.now).await {
        Ok(()) => {
            visit.done(match step {
                Step::SendAgain(_) | Step::RunAgain(_) => {
                    "It is tried again now. If it fails it comes back to this page."
                }
                Step::Leave(_) => "The mail is put away. It stays unsent.",
            });
            see("/set-aside")
        }
        Err(error) => page_again(&set_aside_page(&visit, &PageQuery::default(), posted.again(error)?).await?),
    }
}

/// `POST /set-aside/mails/{id}/again`
///
/// # Errors
/// Denied, NotFound for one that is not given up or speaks for another authority.
pub async fn mail_again(visit: Visit, id: web::Path<Id<Mail>>, posted: Posted<Nothing>) -> Answer {
    step(visit, Step::SendAgain(*id), posted).await
}

/// `POST /set-aside/mails/{id}/leave`
///
/// # Errors
/// As [`mail_again`].
pub async fn leave_mail(visit: Visit, id: web::Path<Id<Mail>>, posted: Posted<Nothing>) -> Answer {
    step(visit, Step::Leave(*id), posted).await
}

/// `POST /set-aside/jobs/{id}/again`
///
/// # Errors
/// Denied, NotFound for one that is not set aside.
pub async fn job_again(visit: Visit, id: web::Path<Id<Job>>, posted: Posted<Nothing>) -> Answer {
    step(visit, Step::RunAgain(*id), posted).await
}

/// Mails that no server took and other work that failed too often, each waiting for a person.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/set-aside", tag = "people", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Mails given up by page, newest first; the hundred oldest jobs; the backlog")))]
pub async fn show_api(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let (mails, jobs, backlog) = found(&visit, &query).await?;
    let jobs: Vec<_> = jobs
        .iter()
        .map(|j| json!({ "id": j.id, "kind": j.kind, "attempts": j.attempts, "set_aside_at": j.failed_at }))
        .collect();
    let next = mails.next.as_ref().map(ToString::to_string);
    let items: Vec<_> = mails
        .items
        .iter()
        .map(|m| {
            json!({
                "id": m.id, "authority": m.authority_id, "to": m.recipient, "subject": m.subject, "queued_at": m.created_at,
                "given_up_at": m.failed_at, "said": m.last_error,
            })
        })
        .collect();
    api::ok(&json!({ "items": items, "next": next, "jobs": jobs, "due_since": backlog.due_since }))
}

/// Tries a mail again that was given up.
///
/// # Errors
/// Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/set-aside/mails/{id}/again", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "It is due now")))]
pub async fn mail_again_api(visit: Visit, id: web::Path<Id<Mail>>, _body: Sent<Nothing>) -> Answer {
    take(&visit.app, &visit.actor, Step::SendAgain(*id), visit.now).await?;
    api::ok(&json!({ "due": true }))
}

/// Puts a mail away that was given up: it stays unsent.
///
/// # Errors
/// Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/set-aside/mails/{id}/leave", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "It waits for nobody")))]
pub async fn leave_mail_api(visit: Visit, id: web::Path<Id<Mail>>, _body: Sent<Nothing>) -> Answer {
    take(&visit.app, &visit.actor, Step::Leave(*id), visit.now).await?;
    api::ok(&json!({ "left": true }))
}

/// Tries a job again that was set aside.
///
/// # Errors
/// Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/set-aside/jobs/{id}/again", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "It is due now")))]
pub async fn job_again_api(visit: Visit, id: web::Path<Id<Job>>, _body: Sent<Nothing>) -> Answer {
    take(&visit.app, &visit.actor, Step::RunAgain(*id), visit.now).await?;
    api::ok(&json!({ "due": true }))
}
