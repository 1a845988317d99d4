//! The sandbox's clock: forward only, due work in order, each piece at its own due instant.

use crate::app::{App, setting, write_setting};
use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Posted, Sent, Shell, Visit, api, page, page_again, see};
use crate::outbox::{self, Handlers};
use crate::people::policy::{Action, Thing, require};
use crate::values::{Actor, Clock, Instant, Parser, Refusal, Role, Subject, counted_with};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use serde_json::json;

/// Where the clock is to go.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MoveClock {
    /// Date, or a full RFC 3339 instant.
    pub to_date: String,
    /// Time of day in London.
    pub to_time: String,
}

/// Moves the business clock forward to an instant, running everything due on the way.
///
/// # Errors
/// NotFound outside the sandbox, Denied, refused for an instant in the past.
pub async fn move_clock(app: &App, handlers: &Handlers, actor: &Actor, to: Instant) -> Result<usize> {
    if !app.sandbox {
        return Err(Error::NotFound);
    }
    let authority = actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    require(actor, Action::ManageSandbox, &Thing::of_authority(authority))?;
    let from = app.now();
    if to <= from {
        return Err(Error::Refused(Refusal {
            code: "sandbox/only-forward",
            sentence: format!("The clock only goes forward. It says {}; choose a later time.", from.long()),
            reference: None,
        }));
    }
    let ran = outbox::run_due(app, handlers, to, true).await?;
    let offset = to.since(Clock::machine());
    let micros = offset.num_microseconds().ok_or_else(|| Error::field("to_date", "That is too far away"))?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            write_setting(db, setting::CLOCK_OFFSET, &micros.to_string())?;
            audit::record(
                db,
                Entry {
                    authority: Some(authority),
                    at: to,
                    actor: &actor,
                    action: "sandbox.clock_moved",
                    subject: Subject { kind: "sandbox".to_owned(), id: "clock".to_owned() },
                    facts: json!({ "from": from, "to": to, "jobs": ran }),
                },
            )?;
            Ok(())
        })
        .await?;
    app.clock.set_offset(offset);
    Ok(ran)
}

fn read(input: &MoveClock) -> Result<Instant> {
    let mut form = Parser::default();
    let to = form.instant("to", &input.to_date, &input.to_time, "Enter the date to move to");
    form.finish()?;
    to.ok_or_else(|| Error::field("to_date", "Enter the date to move to"))
}

#[derive(Template)]
#[template(path = "web/sandbox.html")]
struct SandboxPage {
    shell: Shell,
    form: FormState,
    now: Instant,
    next: Option<Instant>,
}

async fn sandbox_page(visit: &Visit, form: FormState) -> Result<SandboxPage> {
    if !visit.app.sandbox {
        return Err(Error::NotFound);
    }
    let next = visit.app.db.read(outbox::next_due).await?;
    let mut shell = visit.shell("Practice clock", "/sandbox");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(SandboxPage { shell, form, now: visit.now, next })
}

/// `GET /sandbox`
///
/// # Errors
/// NotFound outside the sandbox.
pub async fn show(visit: Visit) -> Answer {
    page(&sandbox_page(&visit, FormState::empty()).await?)
}

/// `POST /sandbox`
///
/// # Errors
/// NotFound outside the sandbox.
pub async fn post(visit: Visit, handlers: web::Data<Handlers>, posted: Posted<MoveClock>) -> Answer {
    let outcome = match read(&posted.input) {
        Ok(to) => move_clock(&visit.app, &handlers, &visit.actor, to).await.map(|ran| (to, ran)),
        Err(error) => Err(error),
    };
    match outcome {
        Ok((to, ran)) => {
            let work = counted_with(ran, "pieces of due work", "was", "were");
            visit.done(format!("The clock says {} now. {work} done on the way.", to.long()));
            see("/sandbox")
        }
        Err(error) => page_again(&sandbox_page(&visit, posted.again(error)?).await?),
    }
}

/// Moves the practice clock forward.
///
/// # Errors
/// NotFound outside the sandbox.
#[utoipa::path(post, path = "/api/v1/sandbox/clock", tag = "sandbox", security(("token" = [])), request_body = MoveClock,
    responses((status = 200, description = "Moved, with how many jobs ran")))]
pub async fn post_api(visit: Visit, handlers: web::Data<Handlers>, body: Sent<MoveClock>) -> Answer {
    let to = read(&body.0)?;
    let ran = move_clock(&visit.app, &handlers, &visit.actor, to).await?;
    api::ok(&json!({ "now": to, "jobs": ran }))
}
