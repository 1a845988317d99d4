//! Reads that wait for a connection.
//!
//! Whoever has answered one goes on with the next that waits, on the same thread and the same connection: when many
//! read at once, nobody is put to sleep and woken between two short questions, which would cost more than they do. On
//! PostgreSQL, where each question is a round trip, those of one kind that wait at the same time are asked as one.

use super::connection::{Backend, Database, Db, ended_early, place_in};
use crate::error::{Error, Result};
use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// The most reads that are answered before others, such as writers on PostgreSQL, may have the connection.
const TURN: usize = 64;

/// The most reads of one kind that are asked as one.
const MOST: usize = 32;

/// A kind of read of which many may be answered by the same statement.
pub trait GatheredRead: Sized + Send + 'static {
    /// What each of them is answered.
    type Outcome: Send + 'static;

    /// Reads for all of them. The outcomes are in the order of `all`.
    ///
    /// # Errors
    /// What the database says: then each is asked alone.
    fn read(db: &mut Db, all: &[&Self]) -> Result<Vec<Self::Outcome>>;
}

/// A read that waits, whatever it returns.
trait Asked: Send + Any {
    /// False when nobody waits for the answer any more: it is then not begun.
    fn wanted(&self) -> bool;
    /// Its kind, when it shares a statement with others of the kind.
    fn kind(&self) -> Option<TypeId> {
        None
    }
    /// Runs it, with others of its kind, and answers, or says why there is no connection to run it on.
    fn answer(self: Box<Self>, others: Vec<Box<dyn Asked>>, db: Result<&mut Db>, reads: &Reads);
}

struct One<T, F> {
    work: F,
    begun: Arc<AtomicBool>,
    tell: oneshot::Sender<Result<T>>,
}

impl<T: Send + 'static, F: FnOnce(&mut Db) -> Result<T> + Send + 'static> Asked for One<T, F> {
    fn wanted(&self) -> bool {
        !self.tell.is_closed()
    }
    fn answer(self: Box<Self>, _: Vec<Box<dyn Asked>>, db: Result<&mut Db>, _: &Reads) {
        self.begun.store(true, Ordering::Release);
        // Nobody there any more: the request was given up while it was being read for.
        let _ = self.tell.send(db.and_then(self.work));
    }
}

/// What one is answered that is asked by itself.
fn alone<G: GatheredRead>(db: &mut Db, one: &G) -> Result<G::Outcome> {
    G::read(db, &[one])?.pop().ok_or_else(ended_early)
}

/// What each of them is answered: by one statement, or each by its own when that fails.
fn ask<G: GatheredRead>(db: &mut Db, all: &[&G]) -> Vec<Result<G::Outcome>> {
    if let Ok(outcomes) = G::read(db, all)
        && outcomes.len() == all.len()
    {
        return outcomes.into_iter().map(Ok).collect();
    }
    all.iter().map(|one| alone(db, *one)).collect()
}

/// One of a kind, and what is done with its answer.
struct OneOf<G, T, F> {
    one: G,
    then: F,
    begun: Arc<AtomicBool>,
    tell: oneshot::Sender<Result<T>>,
}

impl<G, T, F> Asked for OneOf<G, T, F>
where
    G: GatheredRead,
    T: Send + 'static,
    F: FnOnce(&mut Db, G::Outcome) -> Result<T> + Send + 'static,
{
    fn wanted(&self) -> bool {
        !self.tell.is_closed()
    }
    fn kind(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
    fn answer(self: Box<Self>, others: Vec<Box<dyn Asked>>, db: Result<&mut Db>, reads: &Reads) {
        let of_kind = |other: Box<dyn Asked>| -> Option<Self> {
            let any: Box<dyn Any> = other;
            any.downcast().ok().map(|one| *one)
        };
        let all: Vec<Self> = std::iter::once(*self).chain(others.into_iter().filter_map(of_kind)).collect();
        for one in &all {
            one.begun.store(true, Ordering::Release);
        }
        let db = match db {
            Ok(db) => db,
            Err(error) => {
                let words = error.to_string();
                for one in all {
                    let _ = one.tell.send(Err(Error::internal(words.clone())));
                }
                return;
            }
        };
        let outcomes = ask(db, &all.iter().map(|one| &one.one).collect::<Vec<_>>());
        let mut answered = all.into_iter().zip(outcomes);
        let first = answered.next();
        // What the others do with their answers may be done beside this by other readers.
        for (OneOf { then, begun, tell, .. }, outcome) in answered.rev() {
            reads.put_first(Box::new(One { work: move |db: &mut Db| then(db, outcome?), begun, tell }));
        }
        if let Some((OneOf { then, tell, .. }, outcome)) = first {
            let _ = tell.send(outcome.and_then(|outcome| then(db, outcome)));
        }
    }
}

/// A read, and those of its kind that are asked with it.
type WithAlike = (Box<dyn Asked>, Vec<Box<dyn Asked>>);

/// The reads that wait, and how many readers answer them.
#[derive(Default)]
pub(super) struct Reads(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Box<dyn Asked>>,
    /// Readers that had a connection and will look here again before they leave.
    at_work: usize,
}

impl Waiting {
    /// The first that somebody still waits for.
    fn next(&mut self) -> Option<Box<dyn Asked>> {
        loop {
            let next = self.queue.pop_front()?;
            if next.wanted() {
                return Some(next);
            }
        }
    }

    /// Those that wait and are of the same kind as this one.
    fn alike(&mut self, one: &dyn Asked) -> Vec<Box<dyn Asked>> {
        let Some(kind) = one.kind() else { return Vec::new() };
        let mut alike = Vec::new();
        while alike.len() + 1 < MOST
            && let Some(place) = self.queue.iter().position(|other| other.kind() == Some(kind))
        {
            alike.extend(self.queue.remove(place).filter(|other| other.wanted()));
        }
        alike
    }
}

impl Reads {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, one: Box<dyn Asked>) {
        self.waiting().queue.push_back(one);
    }

    fn put_first(&self, one: Box<dyn Asked>) {
        self.waiting().queue.push_front(one);
    }

    /// Somebody has a connection and answers from now on.
    fn begin(&self) {
        self.waiting().at_work += 1;
    }

    /// The next one for a reader at work, who leaves when there is none. Both are one step: whoever sees a reader at work
    /// knows that it looks here again.
    fn take(&self) -> Option<WithAlike> {
        let mut waiting = self.waiting();
        let Some(next) = waiting.next() else {
            waiting.at_work = waiting.at_work.saturating_sub(1);
            return None;
        };
        let alike = waiting.alike(next.as_ref());
        Some((next, alike))
    }

    /// A reader at work leaves without having looked.
    fn leave(&self) {
        let mut waiting = self.waiting();
        waiting.at_work = waiting.at_work.saturating_sub(1);
    }

    /// Somebody found no connection, though a place was free. Readers at work answer what waits; where there is none, the
    /// first that waits is told. True when it was: the others may have better luck.
    fn without_connection(&self, why: &Error) -> bool {
        let mut waiting = self.waiting();
        let first = if waiting.at_work == 0 { waiting.next() } else { None };
        drop(waiting);
        let Some(first) = first else { return false };
        first.answer(Vec::new(), Err(Error::internal(why.to_string())), self);
        true
    }
}

/// Somebody who answers reads. When one of them panics, its connection is lost with it, and somebody else goes on.
struct Reader {
    database: Database,
    place: Option<OwnedSemaphorePermit>,
    /// Counted among those at work.
    at_work: bool,
}

impl Reader {
    /// Answers until nobody waits.
    fn run(&mut self) {
        loop {
            let mut connection = match self.database.reader() {
                Ok(connection) => connection,
                Err(error) => {
                    self.stop();
                    if self.database.asked.without_connection(&error) {
                        continue;
                    }
                    return;
                }
            };
            if !self.at_work {
                self.at_work = true;
                self.database.asked.begin();
            }
            for turn in 0..TURN {
                // Requests that came at once ask within the same moment. A statement to PostgreSQL costs more than that
                // moment, so the first one waits for those beside it; on SQLite nothing is won by asking together.
                if turn == 0 && self.database.backend() == Backend::Postgres {
                    std::thread::yield_now();
                }
                let Some((next, alike)) = self.database.asked.take() else {
                    self.at_work = false;
                    return;
                };
                next.answer(alike, Ok(&mut connection), &self.database.asked);
            }
            drop(connection);
            self.place = None;
            self.place = Handle::current().block_on(self.database.reading.clone().acquire_owned()).ok();
        }
    }

    fn stop(&mut self) {
        if std::mem::take(&mut self.at_work) {
            self.database.asked.leave();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            start(self.database.clone(), self.place.take());
        }
    }
}

fn start(database: Database, place: Option<OwnedSemaphorePermit>) {
    tokio::task::spawn_blocking(move || Reader { database, place, at_work: false }.run());
}

impl Database {
    /// Runs a read on the blocking pool.
    ///
    /// # Errors
    /// What the closure returns, Busy when no connection is free within twenty seconds, or Internal when none can be made.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let begun = Arc::new(AtomicBool::new(false));
        let (tell, told) = oneshot::channel();
        self.asked.put(Box::new(One { work, begun: begun.clone(), tell }));
        self.read_for(begun, told).await
    }

    /// Runs a read that is over sooner than another thread could be woken for it: one statement, few rows, found by an
    /// index. On SQLite, which is a library and no server, it runs here where a connection is free; else as
    /// [`Database::read`], for nobody may wait on a thread that answers requests.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn read_at_once<T, F>(&self, work: F) -> Result<T>
    where
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if self.backend() == Backend::Sqlite
            && let Ok(_place) = self.reading.try_acquire()
            && let Some(mut connection) = self.free_reader()
        {
            return work(&mut connection);
        }
        self.read(work).await
    }

    /// Runs a read with whatever waits of its kind, by a shared statement; on SQLite, where nothing is won by that, alone.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn read_gathered<G: GatheredRead>(&self, one: G) -> Result<G::Outcome> {
        if self.backend() == Backend::Sqlite {
            return self.read_at_once(move |db| alone(db, &one)).await;
        }
        self.read_gathered_then(one, |_, outcome| Ok(outcome)).await
    }

    /// As [`Database::read_gathered`], and goes on from the answer on a thread and with a connection of the readers.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn read_gathered_then<G, T, F>(&self, one: G, then: F) -> Result<T>
    where
        G: GatheredRead,
        T: Send + 'static,
        F: FnOnce(&mut Db, G::Outcome) -> Result<T> + Send + 'static,
    {
        if self.backend() == Backend::Sqlite {
            let asked = move |db: &mut Db| {
                let outcome = alone(db, &one)?;
                then(db, outcome)
            };
            return self.read(asked).await;
        }
        let begun = Arc::new(AtomicBool::new(false));
        let (tell, told) = oneshot::channel();
        self.asked.put(Box::new(OneOf { one, then, begun: begun.clone(), tell }));
        self.read_for(begun, told).await
    }

    /// Waits for the answer of a read in the queue.
    async fn read_for<T: Send>(&self, begun: Arc<AtomicBool>, mut told: oneshot::Receiver<Result<T>>) -> Result<T> {
        // Whoever gets a place first answers all that wait.
        tokio::select! {
            biased;
            outcome = &mut told => return outcome.map_err(|_| ended_early())?,
            place = place_in(&self.reading) => match place {
                Ok(place) => start(self.clone(), Some(place)),
                Err(busy) if !begun.load(Ordering::Acquire) => return Err(busy),
                // A long read that has begun is waited for.
                Err(_) => {}
            }
        }
        told.await.map_err(|_| ended_early())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    fn database(folder: &tempfile::TempDir) -> Database {
        Database::open(&format!("sqlite:{}", folder.path().join("reads.db").display()), 1).unwrap()
    }

    /// A read that keeps the one connection until it is told to go on.
    async fn slow(database: &Database) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
        let (begun, begins) = oneshot::channel();
        let (go_on, wait) = mpsc::channel();
        let database = database.clone();
        let read = tokio::spawn(async move {
            let work = move |_: &mut Db| {
                let _ = begun.send(());
                wait.recv().map_err(|e| Error::internal(e.to_string()))
            };
            database.read(work).await
        });
        begins.await.unwrap();
        (go_on, read)
    }

    #[tokio::test]
    async fn a_short_read_is_done_where_it_is_asked_and_behind_a_long_one_it_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let here = std::thread::current().id();
        // The one who read first gives its connection back before its place.
        database.read(|_| Ok(())).await.unwrap();
        drop(database.reading.acquire().await.unwrap());
        assert_eq!(database.read_at_once(|_| Ok(std::thread::current().id())).await.unwrap(), here);

        let (go_on, first) = slow(&database).await;
        let short = tokio::spawn({
            let database = database.clone();
            async move { database.read_at_once(|_| Ok(std::thread::current().id())).await }
        });
        // This thread, on which the short one was asked, still has its hands free.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!short.is_finished());
        go_on.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_ne!(short.await.unwrap().unwrap(), here);
    }

    #[tokio::test]
    async fn reads_that_queue_behind_a_slow_one_are_answered_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let (go_on, first) = slow(&database).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let others: Vec<_> = (0..3 * TURN)
            .map(|number| {
                let (database, order) = (database.clone(), order.clone());
                let work = move |_: &mut Db| {
                    order.lock().unwrap().push(number);
                    Ok(())
                };
                tokio::spawn(async move { database.read(work).await })
            })
            .collect();
        tokio::task::yield_now().await;
        go_on.send(()).unwrap();
        first.await.unwrap().unwrap();
        for other in others {
            other.await.unwrap().unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..3 * TURN).collect::<Vec<_>>());
    }

    /// A number that is doubled; a hundred cannot be.
    struct Doubled(i64, Arc<Mutex<Vec<usize>>>);

    impl GatheredRead for Doubled {
        type Outcome = i64;
        fn read(_: &mut Db, all: &[&Self]) -> Result<Vec<i64>> {
            all[0].1.lock().unwrap().push(all.len());
            if all.iter().any(|one| one.0 == 100) {
                return Err(Error::NotFound);
            }
            Ok(all.iter().map(|one| 2 * one.0).collect())
        }
    }

    #[tokio::test]
    async fn reads_of_one_kind_that_wait_are_asked_as_one_and_one_that_fails_keeps_back_none() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        for (numbers, asked) in [(vec![1, 2, 3], vec![3]), (vec![4, 100, 5], vec![3, 1, 1, 1])] {
            let (go_on, first) = slow(&database).await;
            let sizes = Arc::new(Mutex::new(Vec::new()));
            // As on PostgreSQL.
            let mut told = Vec::new();
            for number in &numbers {
                let begun = Arc::new(AtomicBool::new(false));
                let (tell, one) = oneshot::channel();
                let doubled = Doubled(*number, sizes.clone());
                let then = |_: &mut Db, doubled| Ok(doubled);
                database.asked.put(Box::new(OneOf { one: doubled, then, begun: begun.clone(), tell }));
                told.push(database.read_for(begun, one));
            }
            go_on.send(()).unwrap();
            first.await.unwrap().unwrap();
            for (number, outcome) in numbers.into_iter().zip(futures_util::future::join_all(told).await) {
                match outcome {
                    Ok(doubled) => assert_eq!(doubled, 2 * number),
                    Err(error) => assert!(number == 100 && matches!(error, Error::NotFound)),
                }
            }
            assert_eq!(*sizes.lock().unwrap(), asked);
        }
    }

    #[tokio::test]
    async fn a_read_that_was_given_up_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let (go_on, first) = slow(&database).await;
        let begun = Arc::new(AtomicBool::new(false));
        let given_up = {
            let begun = begun.clone();
            database.read(move |_| {
                begun.store(true, Ordering::Release);
                Ok(())
            })
        };
        assert!(tokio::time::timeout(Duration::from_millis(50), given_up).await.is_err());
        go_on.send(()).unwrap();
        first.await.unwrap().unwrap();
        database.read(|_| Ok(())).await.unwrap();
        assert!(!begun.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn a_read_that_panics_is_an_error_and_those_behind_it_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let (go_on, first) = slow(&database).await;
        let panics = {
            let database = database.clone();
            tokio::spawn(async move { database.read(|_| -> Result<()> { panic!("a mistake in the program") }).await })
        };
        let behind: Vec<_> = (0..4)
            .map(|number| {
                let database = database.clone();
                tokio::spawn(async move { database.read(move |_| Ok(number)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        go_on.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert!(panics.await.unwrap().is_err());
        for (number, one) in behind.into_iter().enumerate() {
            assert_eq!(one.await.unwrap().unwrap(), number);
        }
    }
    #[test]
    fn without_a_connection_the_first_is_refused_and_nobody_while_a_reader_is_at_work() {
        let reads = Reads::default();
        let mut told: Vec<_> = (0..3)
            .map(|number: usize| {
                let (tell, told) = oneshot::channel::<Result<usize>>();
                let work = move |_: &mut Db| -> Result<usize> { Ok(number) };
                reads.put(Box::new(One { work, begun: Arc::default(), tell }));
                told
            })
            .collect();
        let mut waits = move || {
            let mut waiting = Vec::new();
            for one in &mut told {
                waiting.push(matches!(one.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
            }
            waiting
        };
        let why = Error::internal("no connection can be made");
        reads.begin();
        assert!(!reads.without_connection(&why));
        assert_eq!(waits(), [true, true, true], "the reader at work answers them");
        reads.leave();
        assert!(reads.without_connection(&why));
        assert_eq!(waits(), [false, true, true], "nobody is at work, and one try failed");
        assert!(reads.without_connection(&why) && reads.without_connection(&why));
        assert_eq!(waits(), [false, false, false]);
        assert!(!reads.without_connection(&why), "nobody waits any more");
    }

    #[tokio::test]
    async fn what_somebody_without_a_connection_leaves_is_answered_by_the_reader_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let (go_on, first) = slow(&database).await;
        let behind = {
            let database = database.clone();
            tokio::spawn(async move { database.read(|_| Ok(7)).await })
        };
        tokio::task::yield_now().await;
        assert!(!database.asked.without_connection(&Error::internal("no connection can be made")));
        go_on.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(behind.await.unwrap().unwrap(), 7);
    }
}
