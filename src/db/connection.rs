//! Connections, pools, reads, and writes that are tried again.

use super::reading::Reads;
use super::together::{self, Ended};
use super::watching::{Counting, Statements, Watching};
use crate::error::{Error, Result};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::expression::SqlLiteral;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ManageConnection, Pool, PooledConnection, R2D2Connection};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::SqliteConnection;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// A connection to either database.
#[expect(missing_docs, reason = "the derive makes public items of its own")]
mod combined {
    use super::{PgConnection, SqliteConnection};
    /// A connection to either database.
    #[derive(diesel::MultiConnection)]
    pub enum Db {
        /// PostgreSQL.
        Pg(PgConnection),
        /// SQLite.
        Sqlite(SqliteConnection),
    }
}
pub use combined::{Db, MultiBackend};

/// Which database a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `postgres://…`
    Postgres,
    /// `sqlite:PATH`
    Sqlite,
}

/// A database URL whose scheme is known.
#[derive(Clone, Debug)]
pub struct DbUrl {
    backend: Backend,
    /// What the driver is given.
    target: String,
}

impl DbUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// A sentence when the scheme is unknown, so that a mistyped URL never makes an empty file.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(DbUrl { backend: Backend::Postgres, target: url.to_owned() })
        } else if let Some(path) = url.strip_prefix("sqlite:").filter(|p| !p.is_empty() && !p.starts_with("//")) {
            Ok(DbUrl { backend: Backend::Sqlite, target: path.to_owned() })
        } else {
            Err("The database URL must begin with sqlite:PATH or postgres://".to_owned())
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The path of the SQLite file, or the PostgreSQL URL.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}

#[derive(Debug)]
pub(super) struct Manager {
    url: DbUrl,
    read_only: bool,
    statements: Arc<Statements>,
}

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Db, r2d2::Error> {
        let mut db = match self.url.backend {
            Backend::Postgres => {
                let mut pg = PgConnection::establish(&self.url.target)?;
                pg.batch_execute("SET TIME ZONE 'UTC'").map_err(r2d2::Error::QueryError)?;
                Db::Pg(pg)
            }
            Backend::Sqlite => {
                let mut sqlite = SqliteConnection::establish(&self.url.target)?;
                // secure_delete: what is deleted (a sealed draft, a wrapped key) is overwritten in the file too.
                // wal_autocheckpoint: pages that every submission touches are copied into the file once in 16 MB of log.
                sqlite
                    .batch_execute(
                        "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; \
                         PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; \
                         PRAGMA wal_autocheckpoint=4000;",
                    )
                    .map_err(r2d2::Error::QueryError)?;
                // Pages kept for each connection: the readers are many, and behind them stands the machine's own cache.
                let own = if self.read_only {
                    "PRAGMA query_only=ON; PRAGMA cache_size=-1000;"
                } else {
                    "PRAGMA cache_size=-8000;"
                };
                sqlite.batch_execute(own).map_err(r2d2::Error::QueryError)?;
                Db::Sqlite(sqlite)
            }
        };
        db.set_instrumentation(Counting::of(&self.statements));
        Ok(db)
    }

    fn is_valid(&self, connection: &mut Db) -> Result<(), r2d2::Error> {
        connection.ping().map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut Db) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

/// The database of an installation: cheap to clone, shared by all requests.
///
/// SQLite has one writer connection and several readers; PostgreSQL one pool in which both have their places, and two
/// connections for gathered writes, which therefore find their statements prepared.
#[derive(Clone)]
pub struct Database {
    readers: Pool<Manager>,
    writers: Pool<Manager>,
    /// Runs the queue: SQLite's one writer, or PostgreSQL's connections for gathered writes, of which one may run while
    /// another waits for the disk.
    gatherer: Pool<Manager>,
    /// As many as there are connections: work waits here, and not on a thread of the blocking pool.
    pub(super) reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
    /// Reads that wait for a connection.
    pub(super) asked: Arc<Reads>,
    /// Writes that wait for SQLite's one writer; on PostgreSQL, which commits its own together, those that are gathered.
    pub(super) waiting: Arc<together::Queue>,
    /// One runs the queue at a time: what comes meanwhile is the next group.
    gathering: Arc<Semaphore>,
    /// Places of [`Database::write_in_turn`].
    turns: Arc<[Arc<Semaphore>]>,
    url: DbUrl,
    statements: Arc<Statements>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("backend", &self.url.backend).finish_non_exhaustive()
    }
}

/// How long a request waits for a connection, and a write keeps trying, before it answers Busy.
const DEADLINE: Duration = Duration::from_secs(20);

/// Places for writes that take turns. Two subjects that share one only wait for each other.
const TURNS: usize = 64;

/// What a group holds until the next may run.
type Places = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl Database {
    /// Opens pools of at most `connections` each. Does not migrate.
    ///
    /// # Errors
    /// A sentence about the URL, or what the driver says.
    pub fn open(url: &str, connections: u32) -> Result<Self> {
        let url = DbUrl::parse(url).map_err(Error::internal)?;
        let statements = Arc::<Statements>::default();
        let pool = |most: u32, read_only: bool| {
            Pool::builder()
                .max_size(most.max(1))
                .min_idle(Some(1))
                .connection_timeout(DEADLINE)
                // A broken connection is thrown away when it comes back; asking before each use would cost a round trip.
                .test_on_check_out(false)
                .build(Manager { url: url.clone(), read_only, statements: statements.clone() })
                .map_err(|e| Error::internal(format!("the database cannot be reached: {e}")))
        };
        // The writer comes first: it makes the SQLite file that readers then open.
        let places = |most: u32| Ok::<_, Error>(Arc::new(Semaphore::new(usize::try_from(most.max(1))?)));
        let (asked, waiting) = (Arc::default(), Arc::default());
        let turns = (0..TURNS).map(|_| Arc::new(Semaphore::new(1))).collect();
        let cores = u32::try_from(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))?;
        Ok(match url.backend {
            Backend::Sqlite => {
                // Its readers wait for nobody, so more of them than keep the processors busy only take memory; one more,
                // so that a long list holds up nobody.
                let useful = connections.min(cores + 1);
                let writers = pool(1, false)?;
                let readers = pool(useful, true)?;
                Database {
                    readers,
                    gatherer: writers.clone(),
                    writers,
                    reading: places(useful)?,
                    writing: places(1)?,
                    asked,
                    waiting,
                    gathering: places(1)?,
                    turns,
                    url,
                    statements,
                }
            }
            Backend::Postgres => {
                // One more for what waits in no queue, such as the linking of the audit chain.
                let both = pool(connections.max(2) + 1, false)?;
                // Readers go from one question to the next, and each further one only has the machine change between more
                // processes; a third of the connections or more is left to writers, who wait for the disk.
                let readers = (2 * cores).min(2 * connections / 3).max(1);
                Database {
                    readers: both.clone(),
                    gatherer: pool(2, false)?,
                    writers: both,
                    writing: places(connections.saturating_sub(readers))?,
                    reading: places(readers)?,
                    asked,
                    waiting,
                    gathering: places(1)?,
                    turns,
                    url,
                    statements,
                }
            }
        })
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.url.backend
    }

    /// The URL it was opened with.
    #[must_use]
    pub fn url(&self) -> &DbUrl {
        &self.url
    }

    /// Statements sent since the pools were opened, by all connections together.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.sent()
    }

    /// Keeps the text of every statement, without what is bound to it, until the answer is dropped.
    #[must_use]
    pub fn watch(&self) -> Watching {
        self.statements.watch()
    }

    /// The different statements sent while somebody watched.
    #[must_use]
    pub fn watched(&self) -> Vec<String> {
        self.statements.texts()
    }

    /// Runs a write on the blocking pool: serializable, whole or not at all, tried again when the database asks.
    ///
    /// # Errors
    /// What the closure returns (which rolls back and is never retried), or Busy after twenty seconds of trying.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if self.url.backend == Backend::Sqlite {
            return self.write_together(work, false).await;
        }
        self.write_isolated(Isolation::Serializable, work).await
    }

    /// As [`Database::write`], one at a time of those that name the same subject: for long writes about one thing that
    /// read all of it, of which PostgreSQL would abort all but one whenever several run at once. It keeps apart what this
    /// process does; between two processes the database still decides.
    ///
    /// # Errors
    /// As `write`; Busy too when its turn does not come within twenty seconds, before those of `write` begin.
    pub async fn write_in_turn<T, F>(&self, subject: &str, mut work: F) -> Result<T>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let turn = match self.url.backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(place_in(self.turn_of(subject)).await?),
        };
        // Held by the write itself, which goes on when its request is given up.
        self.write(move |db| {
            let _held = &turn;
            work(db)
        })
        .await
    }

    fn turn_of(&self, subject: &str) -> &Arc<Semaphore> {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        let place = hasher.finish() % u64::try_from(self.turns.len()).unwrap_or(1);
        &self.turns[usize::try_from(place).unwrap_or_default()]
    }

    /// Runs a write whose only preconditions are compared in its own UPDATEs, or held by locks of their rows, before
    /// everything that depends on them. On PostgreSQL it runs at READ COMMITTED: the row locks keep two of them apart,
    /// and the writes of different people do not abort each other for having touched the same page of an index. SQLite
    /// has one writer, so there it is [`Database::write`].
    ///
    /// # Errors
    /// As `write`.
    pub async fn write_compared<T, F>(&self, work: F) -> Result<T>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if self.url.backend == Backend::Sqlite {
            return self.write_together(work, false).await;
        }
        self.write_isolated(Isolation::ReadCommitted, work).await
    }

    async fn write_isolated<T, F>(&self, isolation: Isolation, work: F) -> Result<T>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let place = place_in(&self.writing).await?;
        let this = self.clone();
        blocking(move || {
            let _place = place;
            this.write_until_done(isolation, work)
        })
        .await
    }

    /// Waits in the queue of writes.
    async fn write_together<T, F>(&self, work: F, whole_by_itself: bool) -> Result<T>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let told = self.waiting.push(work, whole_by_itself);
        self.answered(told).await
    }

    /// Waits for the outcome of a write in the queue. Whoever gets a writer first runs all that wait.
    pub(super) async fn answered<T: Send>(&self, mut told: oneshot::Receiver<Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            outcome = &mut told => return outcome.map_err(|_| ended_early())?,
            places = self.places_to_gather() => {
                let (places, this) = (places?, self.clone());
                tokio::task::spawn_blocking(move || this.run_waiting(places));
            }
        }
        told.await.map_err(|_| ended_early())?
    }

    /// On SQLite the writer too, which others use.
    async fn places_to_gather(&self) -> Result<Places> {
        let gathering = place_in(&self.gathering).await?;
        let writing = match self.url.backend {
            Backend::Sqlite => Some(place_in(&self.writing).await?),
            Backend::Postgres => None,
        };
        Ok((gathering, writing))
    }

    fn run_waiting(&self, places: Places) {
        let mut places = Some(places);
        let mut waiting = self.waiting.take();
        if waiting.is_empty() {
            return;
        }
        // On PostgreSQL only gathered writes wait here.
        let isolation = match self.url.backend {
            Backend::Postgres => Isolation::ReadCommitted,
            Backend::Sqlite => Isolation::Serializable,
        };
        let mut patience = Patience::new();
        let committed = self.gatherer.get().map_err(|_| Error::Busy).and_then(|mut connection| {
            loop {
                // SQLite has one writer: the next group waits until this one is on the disk.
                let mut committing = || {
                    if self.url.backend == Backend::Postgres {
                        drop(places.take());
                    }
                };
                match together::run_all(&mut connection, isolation, &mut waiting, &mut committing) {
                    Ended::Committed => return Ok(()),
                    Ended::Again => patience.pause()?,
                    Ended::Failed(error) => return Err(error),
                }
            }
        });
        let why = committed.err().map(|error| error.to_string());
        for one in waiting {
            one.tell(
                why.as_ref().map_or(Ok(()), |words| Err(Error::internal(format!("nothing was committed: {words}")))),
            );
        }
    }

    /// Runs one statement that is whole by itself on the blocking pool, without a transaction around it.
    ///
    /// # Errors
    /// What the closure returns.
    pub async fn write_alone<T, F>(&self, work: F) -> Result<T>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if self.url.backend == Backend::Sqlite {
            return self.write_together(work, true).await;
        }
        let place = place_in(&self.writing).await?;
        let this = self.clone();
        blocking(move || {
            let _place = place;
            this.direct(work)
        })
        .await
    }

    /// As [`Database::read`], on this thread.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_now<T>(&self, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let mut connection = self.reader()?;
        work(&mut connection)
    }

    /// A connection that reads.
    pub(super) fn reader(&self) -> Result<PooledConnection<Manager>> {
        Ok(self.readers.get()?)
    }

    /// A connection that reads, when one is free.
    pub(super) fn free_reader(&self) -> Option<PooledConnection<Manager>> {
        self.readers.try_get()
    }

    /// As [`Database::write`], on this thread.
    ///
    /// # Errors
    /// As `write`.
    pub fn write_now<T>(&self, work: impl FnMut(&mut Db) -> Result<T>) -> Result<T> {
        self.write_until_done(Isolation::Serializable, work)
    }

    fn write_until_done<T>(&self, isolation: Isolation, mut work: impl FnMut(&mut Db) -> Result<T>) -> Result<T> {
        let mut patience = Patience::new();
        let mut connection = self.writers.get().map_err(|_| Error::Busy)?;
        loop {
            match write_once(&mut connection, isolation, &mut work) {
                Err(error) if error.database().is_some_and(is_retryable) => patience.pause()?,
                outcome => return outcome,
            }
        }
    }

    /// Runs something on a writer connection outside a transaction (migrations, VACUUM).
    ///
    /// # Errors
    /// What the closure returns.
    pub fn direct<T>(&self, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let mut connection = self.writers.get()?;
        work(&mut connection)
    }
}

/// A place in the queue for a connection; Busy when none is free within twenty seconds.
pub(super) async fn place_in(queue: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    let place = tokio::time::timeout(DEADLINE, queue.clone().acquire_owned());
    place.await.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)
}

/// Pauses between tries, each longer than the one before, until the deadline.
struct Patience {
    started: Stopwatch,
    next: u64,
}

impl Patience {
    fn new() -> Self {
        Patience { started: Stopwatch::now(), next: 2 }
    }

    fn pause(&mut self) -> Result<()> {
        if self.started.elapsed() > DEADLINE {
            return Err(Error::Busy);
        }
        let jitter = rand::random_range(0..=self.next);
        std::thread::sleep(Duration::from_millis(self.next + jitter));
        self.next = (self.next * 2).min(250);
        Ok(())
    }
}

pub(super) fn ended_early() -> Error {
    Error::internal("a database task ended early")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal(format!("a database task ended early: {e}")))?
}

pub(super) type Transactions = <Db as Connection>::TransactionManager;

/// How far PostgreSQL keeps a write apart from others. SQLite has one writer at a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Isolation {
    Serializable,
    ReadCommitted,
}

pub(super) fn begin_isolated(db: &mut Db, isolation: Isolation) -> QueryResult<()> {
    let postgres = match isolation {
        Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    match db {
        Db::Pg(c) => AnsiTransactionManager::begin_transaction_sql(c, postgres),
        Db::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
    }
}

fn write_once<T>(db: &mut Db, isolation: Isolation, work: &mut impl FnMut(&mut Db) -> Result<T>) -> Result<T> {
    begin_isolated(db, isolation)?;
    match work(db) {
        Ok(value) => {
            Transactions::commit_transaction(db)?;
            Ok(value)
        }
        Err(error) => {
            let _ = Transactions::rollback_transaction(db);
            Err(error)
        }
    }
}

pub(super) fn is_retryable(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(_, info) => {
            let message = info.message();
            message.contains("database is locked")
                || message.contains("deadlock detected")
                || message.contains("could not serialize access")
        }
        DieselError::RollbackErrorOnCommit { commit_error, .. } => is_retryable(commit_error),
        _ => false,
    }
}

/// The sum of a `BIGINT` column of pence. PostgreSQL widens it to NUMERIC; this narrows it again on both.
pub fn sum_pence(column: &'static str) -> SqlLiteral<Nullable<BigInt>> {
    diesel::dsl::sql(&format!("CAST(SUM({column}) AS BIGINT)"))
}

/// The same statement on either connection: for what the combined backend cannot spell (upsert, batch insert), and for
/// what is asked most, because the combined backend writes each statement out three times before it finds it prepared.
#[macro_export]
macro_rules! on_each {
    ($db:expr, $connection:ident => $statement:expr) => {
        match $db {
            $crate::db::Db::Pg($connection) => $statement,
            $crate::db::Db::Sqlite($connection) => $statement,
        }
    };
}
