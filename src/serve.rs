//! Wiring only: routes, subscribers of events, job handlers, start and stop.

use crate::agreements;
use crate::app::{App, read_setting, setting};
use crate::applications;
use crate::audit;
use crate::compliance;
use crate::documents;
use crate::error::{Error, Result};
use crate::http::{ProblemPage, render_problems};
use crate::investments;
use crate::outbox::{self, Handlers, lease, mail};
use crate::people::sessions::Sessions;
use crate::values::{Clock, Id, Instant};
use crate::web::{self as outside, Metrics};
use actix_session::SessionMiddleware;
use actix_session::config::BrowserSession;
use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpServer, web};
use chrono::TimeDelta;
use std::time::{Duration, Instant as Stopwatch};
use tokio::sync::watch;

/// Who runs which job. The list is in the order of the rooms.
#[must_use]
pub fn handlers() -> Handlers {
    let mut handlers = Handlers::default();
    // Without SMTP the mail stays where it is.
    handlers.on_where(mail::SEND, |app| app.mailer.is_some(), mail::send);
    // Of a summary that a mail carries; after its sending, of which it is part.
    handlers.on_where(mail::SEND, |app| app.mailer.is_some(), crate::awards::summary_mailed);
    // calls
    handlers.on(crate::calls::actions::DEADLINE, crate::calls::actions::close_at_deadline);

    // applications
    handlers.together("application.submitted", applications::jobs::send_receipts);
    handlers.on("call.amended", applications::jobs::tell_amended);
    handlers.on(crate::calls::actions::ANSWERED, applications::jobs::tell_answered);
    handlers.on("call.closed", applications::jobs::destroy_drafts);
    handlers.on("call.withdrawn", applications::jobs::destroy_drafts);
    // The last, so that what is tried again tells nobody twice.
    handlers.on("call.withdrawn", applications::jobs::tell_withdrawn);

    // scoring
    handlers.on("call.closed", crate::scoring::residents::roll::ask_to_set_up);
    handlers.on(crate::scoring::residents::roll::CLOSE, crate::scoring::residents::casting::close);

    // awards
    handlers.on(crate::awards::offers::LAPSE, crate::awards::offers::lapse);

    // agreements
    handlers.on("offer.accepted", agreements::actions::offer_accepted);

    // compliance
    handlers.on("agreement.signed", compliance::jobs::agreement_signed);
    handlers.on("agreement.ended", compliance::jobs::agreement_ended);
    handlers.on(compliance::jobs::MOMENT, compliance::jobs::moment);

    // investments
    handlers.on("agreement.signed", investments::open_investment);
    handlers.on(investments::upkeep::DUE, investments::upkeep::due);

    // returns

    handlers
}

/// The whole HTTP service on its foundations, as the server and the tests run it.
pub fn service(
    app: &App,
    metrics: &Metrics,
    handlers: &Handlers,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let draw: ProblemPage = outside::draw_problem;
    let config = &app.config;
    let session = SessionMiddleware::builder(Sessions(app.clone()), Key::from(config.session.secret.as_bytes()))
        .cookie_name("session".to_owned())
        .cookie_secure(config.server.public_url.starts_with("https://"))
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .session_lifecycle(BrowserSession::default().state_ttl(CookieDuration::hours(config.session.hours)))
        .build();
    actix_web::App::new()
        .app_data(web::Data::new(app.clone()))
        .app_data(web::Data::new(metrics.clone()))
        .app_data(web::Data::new(handlers.clone()))
        .app_data(web::Data::new(outside::routes::table()))
        .app_data(web::Data::new(draw))
        .app_data(web::PayloadConfig::new(2_000_000))
        .wrap(from_fn(outside::replay))
        .wrap(from_fn(outside::identify))
        .wrap(from_fn(render_problems))
        .wrap(session)
        .wrap(from_fn(outside::remember))
        .wrap(from_fn(outside::security_headers))
        .wrap(from_fn(outside::measure))
        .wrap(Compress::default())
        .configure(outside::routes::configure)
}

/// Serves until asked to stop (SIGTERM, SIGINT), then finishes what it has taken.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run(app: App) -> Result<()> {
    let metrics = Metrics::install();
    let handlers = handlers();
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(work(app.clone(), handlers.clone(), metrics.clone(), stopped.clone()));
    let linker = tokio::spawn(link(app.clone(), stopped));
    let (listen, workers) = (app.config.server.listen.clone(), app.config.server.workers);
    let folding = tokio::spawn({
        let metrics = metrics.clone();
        async move {
            loop {
                tokio::time::sleep(FOLD).await;
                metrics.fold();
            }
        }
    });
    let server = {
        let (app, metrics, handlers) = (app.clone(), metrics.clone(), handlers.clone());
        HttpServer::new(move || service(&app, &metrics, &handlers))
            .workers(workers)
            .shutdown_timeout(30)
            .bind(&listen)
            .map_err(|e| Error::internal(format!("cannot listen on {listen}: {e}")))?
            .run()
    };
    tracing::info!(%listen, sandbox = app.sandbox, "serving");
    server.await?;
    folding.abort();
    let _ = stop.send(true);
    let (worker, linker) = tokio::join!(worker, linker);
    worker.and(linker).map_err(|e| Error::Internal(Box::new(e)))?;
    tracing::info!("stopped");
    Ok(())
}

/// Name and seconds of the lease of the node that runs jobs: longer than a mail server is waited for, so that no other node
/// sends the same mail meanwhile.
const WORKER: (&str, i64) = ("worker", 30);
/// The same of the node that links the audit chain.
const LINKER: (&str, i64) = ("audit-chain", 10);
/// Pause between two looks for work, and between two links of the audit chain.
const TICK: Duration = Duration::from_millis(400);
/// Time for jobs in one turn of the worker.
const JOBS_FOR: Duration = Duration::from_millis(200);
/// The longest pause of a worker that has more to do.
const YIELD: Duration = Duration::from_secs(2);
/// How often the samples of the metrics are folded.
const FOLD: Duration = Duration::from_secs(5);
/// How often the audit chain's head is signed.
const CHECKPOINT_MINUTES: i64 = 60;

// A row is linked within a second of its commit: it waits for one pause at most, and the rest is left for the linking.
const _: () = assert!(TICK.as_millis() <= 500);

/// The worker of this process: due jobs, hourly checkpoints. One node at a time, by lease.
async fn work(app: App, handlers: Handlers, metrics: Metrics, mut stopped: watch::Receiver<bool>) {
    let holder = Id::<Clock>::new().to_string();
    let mut last = Upkeep::begun(Clock::machine());
    loop {
        let begun = Stopwatch::now();
        let pause = match tick(&app, &handlers, &holder, &mut last, Clock::machine()).await {
            Ok(waiting) => pause(waiting, begun.elapsed(), metrics.under_way()),
            Err(error) => {
                tracing::error!(%error, "the worker failed and goes on");
                TICK
            }
        };
        tokio::select! {
            biased;
            _ = stopped.changed() => {
                // What was committed last is linked before the process ends, and signed: a node that is started anew more
                // often than hourly would otherwise never sign.
                if let Err(error) = sign(&app).await {
                    tracing::error!(%error, "the audit chain was not brought up to date");
                }
                return give_up(&app, WORKER.0, holder).await;
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How long the worker rests after a turn that took so long, when so many requests are under way at its end.
fn pause(waiting: Waiting, took: Duration, under_way: u32) -> Duration {
    match waiting {
        // People who wait for a page come before mails: with a long queue the worker gets the whole time when nobody
        // asks for anything, half of it beside one request, and an eleventh beside ten or more.
        Waiting::More => took.saturating_mul(under_way.min(10)).min(YIELD),
        Waiting::Nothing => TICK,
    }
}

/// Links the audit chain, beside the worker: a job that takes long, such as a mail server that is slow to answer, must not
/// hold it up. One node at a time, by lease.
async fn link(app: App, mut stopped: watch::Receiver<bool>) {
    let holder = Id::<Clock>::new().to_string();
    loop {
        if let Err(error) = link_once(&app, &holder, Clock::machine()).await {
            tracing::error!(%error, "the audit chain was not linked; it is tried again");
        }
        tokio::select! {
            biased;
            _ = stopped.changed() => return give_up(&app, LINKER.0, holder).await,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Links what is not linked, and says how many rows. A node that does not hold the lease does nothing.
///
/// # Errors
/// What the database says.
pub async fn link_once(app: &App, holder: &str, machine_now: Instant) -> Result<usize> {
    let (mut linked, begun) = (0, Stopwatch::now());
    while app.db.read(audit::is_behind).await? {
        let now = machine_now.plus(TimeDelta::from_std(begun.elapsed()).unwrap_or_default());
        if !hold(app, LINKER, holder, now).await? {
            break;
        }
        let db = app.db.clone();
        let some = tokio::task::spawn_blocking(move || audit::chain_some(&db)).await;
        let some = some.map_err(|e| Error::Internal(Box::new(e)))??;
        linked += some;
        // What came meanwhile may wait for the next look.
        if some < audit::BATCH {
            break;
        }
    }
    Ok(linked)
}

async fn hold(app: &App, (name, seconds): (&'static str, i64), holder: &str, machine_now: Instant) -> Result<bool> {
    let holder = holder.to_owned();
    app.db.write(move |db| lease::hold(db, name, &holder, machine_now, seconds)).await
}

/// Leaves a lease to the next node, or to this one when it starts again.
async fn give_up(app: &App, name: &'static str, holder: String) {
    if let Err(error) = app.db.write(move |db| lease::release(db, name, &holder)).await {
        tracing::warn!(%error, name, "a lease was not given up; it ends by itself");
    }
}

/// Links what is not linked and signs the chain's head, unless nothing is new.
async fn sign(app: &App) -> Result<()> {
    let (app, now) = (app.clone(), app.now());
    let sign = move || audit::checkpoint(&app.db, &app.keys, &app.config.storage.checkpoints, now);
    tokio::task::spawn_blocking(sign).await.map_err(|e| Error::Internal(Box::new(e)))??;
    Ok(())
}

/// When this process last did what is done once in a while, by the machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct Upkeep {
    signed: Instant,
    swept: Instant,
}

impl Upkeep {
    /// Of a process that begins now: everything is due a whole while later.
    #[must_use]
    pub fn begun(machine_now: Instant) -> Upkeep {
        Upkeep { signed: machine_now, swept: machine_now }
    }

    /// Whether the head of the audit chain is to be signed again.
    fn must_sign(&self, machine_now: Instant) -> bool {
        machine_now.since(self.signed) >= TimeDelta::minutes(CHECKPOINT_MINUTES)
    }

    /// Whether files that belong to nothing, and due dates that no job waits for, are to be looked for again.
    fn must_sweep(&self, machine_now: Instant) -> bool {
        machine_now.since(self.swept) >= TimeDelta::hours(documents::ORPHAN_HOURS)
    }
}

/// Whether jobs were left when a look for work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Some were, for want of time.
    More,
    /// Nothing that is due now.
    Nothing,
}

/// One turn of the worker: jobs that are due, and what is due once in a while. A node that
/// does not hold the lease does nothing.
///
/// # Errors
/// What the database or the file system says.
pub async fn tick(
    app: &App,
    handlers: &Handlers,
    holder: &str,
    last: &mut Upkeep,
    machine_now: Instant,
) -> Result<Waiting> {
    if app.sandbox {
        // Another node may have moved the clock.
        let offset = app.db.read(|db| read_setting(db, setting::CLOCK_OFFSET)).await?;
        if let Some(micros) = offset.and_then(|text| text.parse().ok()) {
            app.clock.set_offset(TimeDelta::microseconds(micros));
        }
    }
    if !hold(app, WORKER, holder, machine_now).await? {
        return Ok(Waiting::Nothing);
    }
    let ran = outbox::run_some(app, handlers, app.now(), app.sandbox, JOBS_FOR).await?;
    if last.must_sweep(machine_now) {
        last.swept = machine_now;
        let before = machine_now.plus(TimeDelta::hours(-documents::ORPHAN_HOURS));
        let swept = documents::sweep(&app.db, &app.config.storage.documents, before).await?;
        if swept > 0 {
            tracing::info!(swept, "files that belonged to nothing were removed");
        }
        let caught_up = compliance::jobs::catch_up(app, app.now()).await?;
        if caught_up > 0 {
            tracing::info!(caught_up, "due dates that no job waited for were brought up to date");
        }
    }
    if last.must_sign(machine_now) {
        // When it fails it is tried again in a minute.
        last.signed = machine_now.plus(TimeDelta::minutes(1 - CHECKPOINT_MINUTES));
        sign(app).await?;
        last.signed = machine_now;
    }
    Ok(if ran.more { Waiting::More } else { Waiting::Nothing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_queue_is_worked_off_at_once_when_nobody_asks_and_gives_way_to_people() {
        let took = Duration::from_millis(50);
        for (under_way, rest) in [(0, 0), (1, 50), (4, 200), (10, 500), (16, 500)] {
            assert_eq!(pause(Waiting::More, took, under_way), Duration::from_millis(rest), "{under_way} requests");
        }
        // A turn that took long, for a mail server that was slow to answer, is not followed by as long a rest.
        assert_eq!(pause(Waiting::More, Duration::from_mins(1), 16), YIELD);
        // With nothing to do the worker looks at a steady pace.
        assert_eq!(pause(Waiting::Nothing, took, 0), TICK);
        assert_eq!(pause(Waiting::Nothing, took, 16), TICK);
    }
}
