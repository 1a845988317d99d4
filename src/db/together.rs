//! Writes that wait for a writer and are committed together.
//!
//! A commit waits for the disk. What queues up meanwhile is run one after the other in the next transaction, each write
//! in a savepoint of its own, and nobody is told of success before that transaction is committed. So each write is
//! still whole or not at all and as durable as alone, and sixteen of them wait for the disk once.
//!
//! Writes of one kind that are [`Gathered`] also share their statements: the rows of all go in by one insert for each
//! table. When one of them cannot be done, each is run alone, so that it keeps back none of the others.

use super::connection::{Database, Db, Isolation, Transactions, begin_isolated, is_retryable};
use crate::error::{Error, Result};
use diesel::QueryResult;
use diesel::connection::TransactionManager;
use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// The most writes in one transaction, so that the first of them is not kept waiting for long.
const MOST: usize = 32;

/// A kind of write of which many may be done by the same statements.
///
/// On PostgreSQL it runs at READ COMMITTED, so its only precondition is compared in an UPDATE of its own row that comes
/// before everything that depends on it: the lock of that row keeps two of them apart, and the writes of different
/// people do not abort each other for having touched the same page of an index.
pub trait Gathered: Sized + Send + 'static {
    /// What each of them is told.
    type Outcome: Send + 'static;

    /// Does them all, or fails as a whole and leaves nothing that counts. The outcomes are in the order of `all`.
    ///
    /// # Errors
    /// What refuses one of them: then each is run alone and told its own.
    fn run(db: &mut Db, all: &[&Self]) -> Result<Vec<Self::Outcome>>;
}

/// A write that waits, whatever it returns.
pub(super) trait Waiting: Send + Any {
    /// False when nobody waits for the answer any more: it is then not begun.
    fn wanted(&self) -> bool;
    /// True for a single statement, which needs no transaction around it when nothing else waits.
    fn whole_by_itself(&self) -> bool {
        false
    }
    /// Its kind, when it shares statements with others of the kind.
    fn kind(&self) -> Option<TypeId> {
        None
    }
    /// Runs it (again), with others of its kind, and keeps the outcomes; the error, when it failed.
    fn run(&mut self, db: &mut Db, others: &mut [Box<dyn Waiting>]) -> Option<&Error>;
    /// Answers: with the outcome once it is committed, or with why nothing was.
    fn tell(self: Box<Self>, committed: Result<()>);
}

/// Where an outcome goes.
struct Told<T> {
    outcome: Option<Result<T>>,
    tell: oneshot::Sender<Result<T>>,
}

impl<T> Told<T> {
    fn new(tell: oneshot::Sender<Result<T>>) -> Self {
        Told { outcome: None, tell }
    }

    fn send(self, committed: Result<()>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(Error::internal("a write was not run")));
        // Nobody there any more: the request was given up while its write was being committed.
        let _ = self.tell.send(committed.and(outcome));
    }
}

struct One<T, F> {
    work: F,
    whole_by_itself: bool,
    told: Told<T>,
}

impl<T: Send + 'static, F: FnMut(&mut Db) -> Result<T> + Send + 'static> Waiting for One<T, F> {
    fn wanted(&self) -> bool {
        !self.told.tell.is_closed()
    }
    fn whole_by_itself(&self) -> bool {
        self.whole_by_itself
    }
    fn run(&mut self, db: &mut Db, _: &mut [Box<dyn Waiting>]) -> Option<&Error> {
        self.told.outcome.insert((self.work)(db)).as_ref().err()
    }
    fn tell(self: Box<Self>, committed: Result<()>) {
        self.told.send(committed);
    }
}

struct OneOf<G: Gathered> {
    one: G,
    told: Told<G::Outcome>,
}

/// A waiting write that is known to be of this kind: only such ones are put beside each other.
fn of_kind<G: Gathered>(waiting: &mut Box<dyn Waiting>) -> Option<&mut OneOf<G>> {
    let any: &mut dyn Any = waiting.as_mut();
    any.downcast_mut()
}

impl<G: Gathered> Waiting for OneOf<G> {
    fn wanted(&self) -> bool {
        !self.told.tell.is_closed()
    }
    fn kind(&self) -> Option<TypeId> {
        Some(TypeId::of::<G>())
    }
    fn run(&mut self, db: &mut Db, others: &mut [Box<dyn Waiting>]) -> Option<&Error> {
        let mut others: Vec<&mut OneOf<G>> = others.iter_mut().filter_map(of_kind).collect();
        let all: Vec<&G> = std::iter::once(&self.one).chain(others.iter().map(|other| &other.one)).collect();
        let outcomes = G::run(db, &all).and_then(|outcomes| {
            let fits = outcomes.len() == all.len();
            if fits { Ok(outcomes) } else { Err(Error::internal("writes and their outcomes differ in number")) }
        });
        match outcomes {
            Ok(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                self.told.outcome = outcomes.next().map(Ok);
                for (other, outcome) in others.iter_mut().zip(outcomes) {
                    other.told.outcome = Some(Ok(outcome));
                }
                None
            }
            Err(error) => self.told.outcome.insert(Err(error)).as_ref().err(),
        }
    }
    fn tell(self: Box<Self>, committed: Result<()>) {
        self.told.send(committed);
    }
}

/// The writes that wait.
#[derive(Default)]
pub(super) struct Queue(Mutex<VecDeque<Box<dyn Waiting>>>);

impl Queue {
    /// Puts a write at the end; the receiver gets its outcome.
    pub(super) fn push<T, F>(&self, work: F, whole_by_itself: bool) -> oneshot::Receiver<Result<T>>
    where
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        self.put(Box::new(One { work, whole_by_itself, told: Told::new(tell) }));
        told
    }

    /// As [`Queue::push`], for one of a kind.
    pub(super) fn push_gathered<G: Gathered>(&self, one: G) -> oneshot::Receiver<Result<G::Outcome>> {
        let (tell, told) = oneshot::channel();
        self.put(Box::new(OneOf { one, told: Told::new(tell) }));
        told
    }

    fn put(&self, one: Box<dyn Waiting>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(one);
    }

    /// Takes the first writes that somebody still waits for.
    pub(super) fn take(&self) -> Vec<Box<dyn Waiting>> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = queue.len().min(MOST);
        queue.drain(..most).filter(|one| one.wanted()).collect()
    }
}

/// How a shared transaction ended.
pub(super) enum Ended {
    /// Committed. What each write returned, its own refusal included, now holds.
    Committed,
    /// Nothing is done: the database asks to try again.
    Again,
    /// Nothing is done, and trying again would not help.
    Failed(Error),
}

/// Runs writes in one transaction. A write that fails leaves nothing behind; the others stand. `committing` is called when
/// all are done and only the disk is waited for.
pub(super) fn run_all(
    db: &mut Db,
    isolation: Isolation,
    waiting: &mut [Box<dyn Waiting>],
    committing: &mut dyn FnMut(),
) -> Ended {
    if let [one] = waiting
        && one.whole_by_itself()
    {
        let again = one.run(db, &mut []).is_some_and(asks_again);
        return if again { Ended::Again } else { Ended::Committed };
    }
    match begin_isolated(db, isolation).and_then(|()| in_transaction(db, isolation, waiting, committing)) {
        Ok(ended) => ended,
        Err(error) => {
            let _ = Transactions::rollback_transaction(db);
            if is_retryable(&error) { Ended::Again } else { Ended::Failed(error.into()) }
        }
    }
}

fn asks_again(error: &Error) -> bool {
    error.database().is_some_and(is_retryable)
}

/// How one party of a transaction ended.
enum Party {
    Done,
    Refused,
    Again,
}

fn run_party(db: &mut Db, party: &mut [Box<dyn Waiting>]) -> Party {
    let Some((first, others)) = party.split_first_mut() else { return Party::Done };
    match first.run(db, others) {
        None => Party::Done,
        Some(error) if asks_again(error) => Party::Again,
        Some(_) => Party::Refused,
    }
}

fn in_transaction(
    db: &mut Db,
    isolation: Isolation,
    waiting: &mut [Box<dyn Waiting>],
    committing: &mut dyn FnMut(),
) -> QueryResult<Ended> {
    // Those of one kind beside each other; else as they came.
    waiting.sort_by_key(|one| one.kind());
    let mut parties: VecDeque<&mut [Box<dyn Waiting>]> =
        waiting.chunk_by_mut(|a, b| a.kind().is_some() && a.kind() == b.kind()).collect();
    if parties.len() == 1
        && let Some(party) = parties.pop_front()
    {
        // One party alone needs no savepoint: its transaction is rolled back whole.
        match run_party(db, party) {
            Party::Done => {
                committing();
                return Transactions::commit_transaction(db).map(|()| Ended::Committed);
            }
            Party::Again => return Transactions::rollback_transaction(db).map(|()| Ended::Again),
            Party::Refused => Transactions::rollback_transaction(db)?,
        }
        if party.len() == 1 {
            return Ok(Ended::Committed);
        }
        begin_isolated(db, isolation)?;
        parties.extend(party.chunks_mut(1));
    }
    while let Some(party) = parties.pop_front() {
        Transactions::begin_transaction(db)?;
        match run_party(db, party) {
            Party::Done => Transactions::commit_transaction(db)?,
            Party::Refused => {
                Transactions::rollback_transaction(db)?;
                if party.len() > 1 {
                    party.chunks_mut(1).rev().for_each(|one| parties.push_front(one));
                }
            }
            Party::Again => {
                Transactions::rollback_transaction(db)?;
                Transactions::rollback_transaction(db)?;
                return Ok(Ended::Again);
            }
        }
    }
    committing();
    Transactions::commit_transaction(db).map(|()| Ended::Committed)
}

impl Database {
    /// Runs a write with whatever waits of its kind, by shared statements: whole or not at all, tried again when the
    /// database asks. One such group runs at a time, and what comes meanwhile is the next; on PostgreSQL that one runs while
    /// the one before waits for the disk.
    ///
    /// # Errors
    /// What the write returns (which rolls it back and is never retried), or Busy after twenty seconds of trying.
    pub async fn write_gathered<G: Gathered>(&self, one: G) -> Result<G::Outcome> {
        let told = self.waiting.push_gathered(one);
        self.answered(told).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;
    use diesel::prelude::*;

    diesel::table! { notes (word) { word -> Text, } }

    fn database(folder: &tempfile::TempDir) -> Database {
        let database = Database::open(&format!("sqlite:{}", folder.path().join("notes.db").display()), 2).unwrap();
        database.direct(note_table).unwrap();
        database
    }

    fn note_table(db: &mut Db) -> Result<()> {
        Ok(diesel::sql_query("CREATE TABLE notes (word TEXT PRIMARY KEY NOT NULL)").execute(db).map(|_| ())?)
    }

    fn note(db: &mut Db, word: &str) -> Result<usize> {
        Ok(diesel::insert_into(notes::table).values(notes::word.eq(word)).execute(db)?)
    }

    fn noted(database: &Database) -> Vec<String> {
        database.read_now(|db| Ok(notes::table.select(notes::word).order(notes::word).load(db)?)).unwrap()
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind_and_its_neighbours_stand() {
        let folder = tempfile::tempdir().unwrap();
        let (database, queue) = (database(&folder), Queue::default());
        let mut first = queue.push(|db| note(db, "first"), false);
        let mut refused = queue.push(
            |db| {
                note(db, "half")?;
                note(db, "first")
            },
            false,
        );
        let mut last = queue.push(|db| note(db, "last"), true);
        let mut waiting = queue.take();
        let ended = database.direct(|db| Ok(run_all(db, Isolation::Serializable, &mut waiting, &mut || ()))).unwrap();
        assert!(matches!(ended, Ended::Committed));
        for one in waiting {
            one.tell(Ok(()));
        }
        assert_eq!(first.try_recv().unwrap().unwrap(), 1);
        assert!(refused.try_recv().unwrap().is_err());
        assert_eq!(last.try_recv().unwrap().unwrap(), 1);
        assert_eq!(noted(&database), ["first", "last"]);
    }

    #[test]
    fn nobody_is_told_of_success_when_nothing_was_committed() {
        let queue = Queue::default();
        let mut told = queue.push(|_| Ok(1), false);
        let waiting = queue.take();
        for one in waiting {
            one.tell(Err(Error::internal("the disk is full")));
        }
        assert!(told.try_recv().unwrap().is_err());
    }

    #[test]
    fn a_write_whose_request_was_given_up_is_not_begun() {
        let queue = Queue::default();
        drop(queue.push(|_| Ok(1), false));
        let _told = queue.push(|_| Ok(2), false);
        assert_eq!(queue.take().len(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn writes_that_queue_behind_a_slow_one_share_a_transaction_and_all_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let (begun, wait) = std::sync::mpsc::channel();
        let slow = {
            let database = database.clone();
            tokio::spawn(async move {
                let work = move |db: &mut Db| {
                    begun.send(()).map_err(|e| Error::internal(e.to_string()))?;
                    std::thread::sleep(std::time::Duration::from_millis(200));
                    note(db, "slow")
                };
                database.write(work).await
            })
        };
        tokio::task::spawn_blocking(move || wait.recv()).await.unwrap().unwrap();
        let before = database.statements();
        let others: Vec<_> = (0..10)
            .map(|number| {
                let database = database.clone();
                tokio::spawn(async move { database.write(move |db| note(db, &format!("note {number}"))).await })
            })
            .collect();
        for other in others {
            assert_eq!(other.await.unwrap().unwrap(), 1);
        }
        slow.await.unwrap().unwrap();
        // The slow one's insert and commit, then one transaction with a savepoint, an insert and a release for each.
        assert_eq!(database.statements() - before, 2 + 1 + 10 * 3 + 1);
        assert_eq!(noted(&database).len(), 11);
    }

    /// A word that is refused when it is "no".
    struct Word(&'static str);

    impl Gathered for Word {
        type Outcome = usize;
        fn run(db: &mut Db, all: &[&Self]) -> Result<Vec<usize>> {
            let rows: Vec<_> = all.iter().map(|word| notes::word.eq(word.0)).collect();
            let insert = diesel::insert_into(notes::table).values(rows);
            crate::on_each!(db, c => insert.execute(c))?;
            if all.iter().any(|word| word.0 == "no") {
                return Err(Error::Denied);
            }
            Ok(vec![all.len(); all.len()])
        }
    }

    #[test]
    fn writes_of_one_kind_share_their_statements_and_one_that_is_refused_keeps_back_none_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let (database, queue) = (database(&folder), Queue::default());
        let mut first = queue.push_gathered(Word("first"));
        let mut single = queue.push(|db| note(db, "single"), false);
        let mut second = queue.push_gathered(Word("second"));
        let mut waiting = queue.take();
        let before = database.statements();
        let ended = database.direct(|db| Ok(run_all(db, Isolation::Serializable, &mut waiting, &mut || ()))).unwrap();
        assert!(matches!(ended, Ended::Committed));
        // Begin, the single one in its savepoint, both words in another, commit.
        assert_eq!(database.statements() - before, 1 + 3 + 3 + 1);
        for one in waiting {
            one.tell(Ok(()));
        }
        assert_eq!((first.try_recv().unwrap().unwrap(), second.try_recv().unwrap().unwrap()), (2, 2));
        assert_eq!(single.try_recv().unwrap().unwrap(), 1);

        let mut third = queue.push_gathered(Word("third"));
        let mut no = queue.push_gathered(Word("no"));
        let mut fourth = queue.push_gathered(Word("fourth"));
        let mut waiting = queue.take();
        let ended = database.direct(|db| Ok(run_all(db, Isolation::Serializable, &mut waiting, &mut || ()))).unwrap();
        assert!(matches!(ended, Ended::Committed));
        for one in waiting {
            one.tell(Ok(()));
        }
        assert_eq!((third.try_recv().unwrap().unwrap(), fourth.try_recv().unwrap().unwrap()), (1, 1));
        assert!(matches!(no.try_recv().unwrap(), Err(Error::Denied)));
        assert_eq!(noted(&database), ["first", "fourth", "second", "single", "third"]);
    }
}
