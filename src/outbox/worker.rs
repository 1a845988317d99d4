//! Jobs and the worker that runs them.

use crate::app::App;
use crate::db::schema::jobs;
use crate::db::{Db, Json, MultiBackend};
use crate::error::{Error, Result};
use crate::values::{Id, Instant};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

/// Attempts before a job is set aside for a person to look at.
const ATTEMPTS: i64 = 10;
/// The same of a mail: a server of mail may be away for days, and a receipt or a summary is owed all the same. The waits
/// grow to 68 minutes, so that these take five days.
const MAIL_ATTEMPTS: i64 = 116;
/// Jobs looked up, and at most run together, at a time.
const AT_ONCE: usize = 100;

/// A piece of work that is waiting or done.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = jobs, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Job {
    /// Identifier.
    pub id: Id<Job>,
    /// Which handler runs it, such as `call.deadline`.
    pub kind: String,
    /// Identifiers the handler needs.
    pub payload: Json<Value>,
    /// Not before this instant of business time.
    pub due_at: Instant,
    /// How often it was tried.
    pub attempts: i64,
}

impl Job {
    fn new(kind: &'static str, payload: Value, due_at: Instant) -> Self {
        Job { id: Id::new(), kind: kind.to_owned(), payload: Json(payload), due_at, attempts: 0 }
    }

    /// An identifier in the payload.
    ///
    /// # Errors
    /// Internal when it is missing or not an identifier.
    pub fn id_of<T>(&self, name: &str) -> Result<Id<T>> {
        self.payload
            .0
            .get(name)
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::internal(format!("job {} has no {name}", self.kind)))
    }
}

/// What runs a job. `now` is business time: the machine's, or in the sandbox the instant the job was due.
pub type Handler = Arc<dyn Fn(App, Job, Instant) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// What runs jobs of one kind together, each with its own now, in the transaction that marks them done: it only writes
/// to the database, and what it writes is there exactly once however often the process is killed. It makes no job that
/// is due before the last of these, so that the sandbox may run them together too.
pub type Together = fn(&App, &mut Db, &[(Job, Instant)]) -> Result<()>;

/// A handler of single jobs, and whether this installation needs it.
#[derive(Clone)]
struct Single {
    needed: fn(&App) -> bool,
    handler: Handler,
}

/// The handlers of an installation, by kind of job. A kind has single handlers or one for many together.
#[derive(Clone, Default)]
pub struct Handlers {
    single: HashMap<&'static str, Vec<Single>>,
    together: HashMap<&'static str, Together>,
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.single.keys()).entries(self.together.keys()).finish()
    }
}

impl Handlers {
    /// Subscribes to a kind of job. Several rooms may subscribe to one kind.
    pub fn on<F, Fut>(&mut self, kind: &'static str, handler: F)
    where
        F: Fn(App, Job, Instant) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.on_where(kind, |_| true, handler);
    }

    /// As [`Handlers::on`], in installations that need it; in others such a job is done by being written.
    pub fn on_where<F, Fut>(&mut self, kind: &'static str, needed: fn(&App) -> bool, handler: F)
    where
        F: Fn(App, Job, Instant) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |app, job, now| Box::pin(handler(app, job, now)));
        self.single.entry(kind).or_default().push(Single { needed, handler });
    }

    /// Names the one handler of a kind whose jobs are run together.
    pub fn together(&mut self, kind: &'static str, handler: Together) {
        self.together.insert(kind, handler);
    }

    /// Whether jobs of this kind are marked done by one transaction: those run together, and events that nobody
    /// subscribes to, which are done by being written.
    fn in_one_write(&self, app: &App, kind: &str) -> bool {
        self.together.contains_key(kind) || self.needed(app, kind).next().is_none()
    }

    fn needed<'a>(&'a self, app: &'a App, kind: &str) -> impl Iterator<Item = &'a Handler> {
        self.single.get(kind).into_iter().flatten().filter(|one| (one.needed)(app)).map(|one| &one.handler)
    }
}

/// Writes an event that is due at once.
///
/// # Errors
/// What the database says.
pub fn emit(db: &mut Db, kind: &'static str, payload: Value, now: Instant) -> Result<()> {
    schedule(db, kind, payload, now)
}

/// Writes a job that is due at an instant of business time.
///
/// # Errors
/// What the database says.
pub fn schedule(db: &mut Db, kind: &'static str, payload: Value, due_at: Instant) -> Result<()> {
    diesel::insert_into(jobs::table).values(&Job::new(kind, payload, due_at)).execute(db)?;
    Ok(())
}

/// As [`schedule`], several at once: kind, payload, due.
///
/// # Errors
/// What the database says.
pub fn schedule_all(db: &mut Db, rows: impl IntoIterator<Item = (&'static str, Value, Instant)>) -> Result<()> {
    let rows: Vec<Job> = rows.into_iter().map(|(kind, payload, due_at)| Job::new(kind, payload, due_at)).collect();
    Ok(crate::insert_all!(db, jobs::table, &rows[..])?)
}

/// The earliest job that is still waiting.
///
/// # Errors
/// What the database says.
pub fn next_due(db: &mut Db) -> Result<Option<Instant>> {
    Ok(jobs::table
        .filter(jobs::done_at.is_null())
        .filter(jobs::failed_at.is_null())
        .select(jobs::due_at)
        .order((jobs::due_at, jobs::id))
        .first(db)
        .optional()?)
}

/// A piece of work that was tried too often and waits for a person. Mails have a list of their own.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(MultiBackend))]
pub struct SetAside {
    /// Identifier.
    pub id: Id<Job>,
    /// Which handler failed, such as `call.deadline`.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was set aside; always there in this list.
    pub failed_at: Option<Instant>,
}

/// What was set aside, oldest first, at most so many. Nothing of it is lost: it can be tried again.
///
/// # Errors
/// What the database says.
pub fn set_aside(db: &mut Db, limit: i64) -> Result<Vec<SetAside>> {
    Ok(jobs::table
        .filter(jobs::failed_at.is_not_null())
        .filter(jobs::kind.ne(super::mail::SEND))
        .select(SetAside::as_select())
        .order((jobs::failed_at, jobs::id))
        .limit(limit)
        .load(db)?)
}

/// Makes a job that was set aside due at once, with all its attempts before it.
///
/// # Errors
/// NotFound for one that is not set aside.
pub fn try_again(db: &mut Db, id: Id<Job>, now: Instant) -> Result<()> {
    let waiting = jobs::table
        .filter(jobs::id.eq(id))
        .filter(jobs::failed_at.is_not_null())
        .filter(jobs::kind.ne(super::mail::SEND));
    let changed = diesel::update(waiting)
        .set((jobs::failed_at.eq(None::<Instant>), jobs::attempts.eq(0), jobs::due_at.eq(now)))
        .execute(db)?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// How the work that follows changes stands, for whoever keeps the service running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Since when the oldest piece that is due waits.
    pub due_since: Option<Instant>,
    /// Pieces that were set aside, mails not among them.
    pub set_aside: i64,
    /// Mails that were given up.
    pub mails_given_up: i64,
}

/// The backlog at an instant of business time.
///
/// # Errors
/// What the database says.
pub fn backlog(db: &mut Db, now: Instant) -> Result<Backlog> {
    Ok(Backlog {
        due_since: next_due(db)?.filter(|due| *due <= now),
        set_aside: jobs::table
            .filter(jobs::failed_at.is_not_null())
            .filter(jobs::kind.ne(super::mail::SEND))
            .count()
            .get_result(db)?,
        mails_given_up: super::mail::given_up_count(db)?,
    })
}

/// Runs everything due until `until`, in order, and says how many jobs ran.
///
/// `as_of_due` is the sandbox's rule: each job sees the instant it was due as now.
///
/// # Errors
/// What the database says. A job's own failure is recorded with the job and is no error here.
pub async fn run_due(app: &App, handlers: &Handlers, until: Instant, as_of_due: bool) -> Result<usize> {
    let mut all = 0;
    loop {
        let ran = run_some(app, handlers, until, as_of_due, Duration::MAX).await?;
        all += ran.jobs;
        if ran.jobs == 0 {
            return Ok(all);
        }
    }
}

/// What one look for work did.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    /// Jobs that ran.
    pub jobs: usize,
    /// Whether some were left for want of time.
    pub more: bool,
}

/// Runs what is due, in order, until `most` has gone by: a long queue must not keep the worker from its other duties.
/// Jobs that came meanwhile may be left for the next time.
///
/// # Errors
/// As [`run_due`].
pub async fn run_some(app: &App, handlers: &Handlers, until: Instant, as_of_due: bool, most: Duration) -> Result<Ran> {
    let (mut ran, begun) = (0, Stopwatch::now());
    loop {
        let due = app.db.read(move |db| waiting(db, until, AT_ONCE)).await?;
        let (mut rest, mut look_again) = (due.as_slice(), due.len() == AT_ONCE);
        while let Some(first) = rest.first() {
            let together = handlers.in_one_write(app, &first.kind);
            let alike = if together { rest.iter().take_while(|job| job.kind == first.kind).count() } else { 1 };
            let (jobs, after) = rest.split_at(alike);
            run_alike(app, handlers, jobs, (!as_of_due).then_some(until)).await?;
            ran += alike;
            rest = after;
            if begun.elapsed() > most {
                return Ok(Ran { jobs: ran, more: true });
            }
            // In the sandbox a job may have made another that is due before the next one: they are looked up again.
            if as_of_due && !together {
                look_again = true;
                break;
            }
        }
        if !look_again {
            return Ok(Ran { jobs: ran, more: false });
        }
    }
}

/// The first jobs that are due, in order.
fn waiting(db: &mut Db, until: Instant, most: usize) -> Result<Vec<Job>> {
    Ok(jobs::table
        .filter(jobs::done_at.is_null())
        .filter(jobs::failed_at.is_null())
        .filter(jobs::due_at.le(until))
        .select(Job::as_select())
        .order((jobs::due_at, jobs::id))
        .limit(i64::try_from(most)?)
        .load(db)?)
}

/// Runs jobs of one kind and marks them done or failed. Without a now, each sees the instant it was due.
async fn run_alike(app: &App, handlers: &Handlers, jobs: &[Job], now: Option<Instant>) -> Result<()> {
    let Some(first) = jobs.first() else { return Ok(()) };
    let now_of = |job: &Job| now.unwrap_or(job.due_at);
    if !handlers.in_one_write(app, &first.kind) {
        let now = now_of(first);
        let outcome = run_one(app, handlers, first, now).await;
        return match outcome {
            Ok(()) => mark_done(app, first, now).await,
            Err(error) => mark_failed(app, first, &error, now).await,
        };
    }
    let handler = handlers.together.get(first.kind.as_str()).copied();
    let timed: Vec<(Job, Instant)> = jobs.iter().map(|job| (job.clone(), now_of(job))).collect();
    match in_one_write(app, handler, &timed, now).await {
        Ok(()) => Ok(()),
        // One of them cannot be done: each alone, so that it does not keep back the others.
        Err(error) if jobs.len() == 1 => mark_failed(app, first, &error, now_of(first)).await,
        Err(_) => {
            for job in &timed {
                if let Err(error) = in_one_write(app, handler, std::slice::from_ref(job), now).await {
                    mark_failed(app, &job.0, &error, job.1).await?;
                }
            }
            Ok(())
        }
    }
}

async fn in_one_write(
    app: &App,
    handler: Option<Together>,
    timed: &[(Job, Instant)],
    now: Option<Instant>,
) -> Result<()> {
    let (this, timed) = (app.clone(), timed.to_vec());
    app.db
        .write(move |db| {
            if let Some(handler) = handler {
                handler(&this, db, &timed)?;
            }
            let ids: Vec<Id<Job>> = timed.iter().map(|(job, _)| job.id).collect();
            let these = diesel::update(jobs::table.filter(jobs::id.eq_any(ids)));
            let attempts = jobs::attempts.eq(jobs::attempts + 1);
            match now {
                Some(now) => these.set((jobs::done_at.eq(now), attempts)).execute(db)?,
                None => these.set((jobs::done_at.eq(jobs::due_at.nullable()), attempts)).execute(db)?,
            };
            Ok(())
        })
        .await
}

async fn mark_done(app: &App, job: &Job, now: Instant) -> Result<()> {
    let (id, attempts) = (job.id, job.attempts + 1);
    app.db
        .write_alone(move |db| {
            diesel::update(jobs::table.filter(jobs::id.eq(id)))
                .set((jobs::done_at.eq(now), jobs::attempts.eq(attempts)))
                .execute(db)?;
            Ok(())
        })
        .await
}

async fn mark_failed(app: &App, job: &Job, error: &Error, now: Instant) -> Result<()> {
    let (id, attempts, due_at) = (job.id, job.attempts + 1, job.due_at);
    tracing::warn!(job = %id, kind = %job.kind, attempts, %error, "a job failed");
    let words: String = error.to_string().chars().take(500).collect();
    let most = if job.kind == super::mail::SEND { MAIL_ATTEMPTS } else { ATTEMPTS };
    // What a server of mail said stands beside the mail; other causes may name anything, and go to the log alone.
    let mail = if job.kind == super::mail::SEND { Some((job.id_of("mail")?, super::mail::said(error))) } else { None };
    let again = due_at.max(now).plus(TimeDelta::seconds(1 << attempts.clamp(1, 12)));
    app.db
        .write_alone(move |db| {
            let failed = (attempts >= most).then_some(now);
            diesel::update(jobs::table.filter(jobs::id.eq(id)))
                .set((
                    jobs::attempts.eq(attempts),
                    jobs::due_at.eq(again),
                    jobs::failed_at.eq(failed),
                    jobs::last_error.eq(words.clone()),
                ))
                .execute(db)?;
            if let Some((mail, said)) = &mail {
                super::mail::not_sent(db, *mail, failed, said)?;
            }
            Ok(())
        })
        .await
}

async fn run_one(app: &App, handlers: &Handlers, job: &Job, now: Instant) -> Result<()> {
    for handler in handlers.needed(app, &job.kind) {
        handler(app.clone(), job.clone(), now).await?;
    }
    Ok(())
}
