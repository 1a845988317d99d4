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

/// Attempts before a job is set aside for a person to look at.
const ATTEMPTS: i64 = 10;

/// A piece of work that is waiting or done.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = jobs, check_for_backend(MultiBackend))]
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

/// The handlers of an installation, by kind of job.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<&'static str, Vec<Handler>>);

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Handlers {
    /// Subscribes to a kind of job. Several rooms may subscribe to one kind.
    pub fn on<F, Fut>(&mut self, kind: &'static str, handler: F)
    where
        F: Fn(App, Job, Instant) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |app, job, now| Box::pin(handler(app, job, now)));
        self.0.entry(kind).or_default().push(handler);
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
    let job = Job { id: Id::new(), kind: kind.to_owned(), payload: Json(payload), due_at, attempts: 0 };
    diesel::insert_into(jobs::table).values(&job).execute(db)?;
    Ok(())
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

/// Runs everything due until `until`, in order, and says how many jobs ran.
///
/// `as_of_due` is the sandbox's rule: each job sees the instant it was due as now.
///
/// # Errors
/// What the database says. A job's own failure is recorded with the job and is no error here.
pub async fn run_due(app: &App, handlers: &Handlers, until: Instant, as_of_due: bool) -> Result<usize> {
    run_some(app, handlers, until, as_of_due, usize::MAX).await
}

/// As [`run_due`], at most so many: a long queue must not keep the worker from its other duties.
///
/// # Errors
/// As [`run_due`].
pub async fn run_some(app: &App, handlers: &Handlers, until: Instant, as_of_due: bool, most: usize) -> Result<usize> {
    let mut ran = 0;
    while ran < most {
        let job: Option<Job> = app
            .db
            .read(move |db| {
                Ok(jobs::table
                    .filter(jobs::done_at.is_null())
                    .filter(jobs::failed_at.is_null())
                    .filter(jobs::due_at.le(until))
                    .select(Job::as_select())
                    .order((jobs::due_at, jobs::id))
                    .first(db)
                    .optional()?)
            })
            .await?;
        let Some(job) = job else { return Ok(ran) };
        let now = if as_of_due { job.due_at } else { until };
        let outcome = run_one(app, handlers, &job, now).await;
        let (id, attempts, due_at) = (job.id, job.attempts + 1, job.due_at);
        match outcome {
            Ok(()) => {
                app.db
                    .write(move |db| {
                        diesel::update(jobs::table.filter(jobs::id.eq(id)))
                            .set((jobs::done_at.eq(now), jobs::attempts.eq(attempts)))
                            .execute(db)?;
                        Ok(())
                    })
                    .await?;
            }
            Err(error) => {
                tracing::warn!(job = %id, kind = %job.kind, attempts, %error, "a job failed");
                let words: String = error.to_string().chars().take(500).collect();
                let again = due_at.max(now).plus(TimeDelta::seconds(1 << attempts.clamp(1, 12)));
                app.db
                    .write(move |db| {
                        let failed = (attempts >= ATTEMPTS).then_some(now);
                        diesel::update(jobs::table.filter(jobs::id.eq(id)))
                            .set((
                                jobs::attempts.eq(attempts),
                                jobs::due_at.eq(again),
                                jobs::failed_at.eq(failed),
                                jobs::last_error.eq(words.clone()),
                            ))
                            .execute(db)?;
                        Ok(())
                    })
                    .await?;
            }
        }
        ran += 1;
    }
    Ok(ran)
}

async fn run_one(app: &App, handlers: &Handlers, job: &Job, now: Instant) -> Result<()> {
    let Some(subscribed) = handlers.0.get(job.kind.as_str()) else {
        // An event nobody subscribes to is done by being written.
        return Ok(());
    };
    for handler in subscribed {
        handler(app.clone(), job.clone(), now).await?;
    }
    Ok(())
}
