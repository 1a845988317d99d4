//! Writes that wait for SQLite's one writer and are committed together.
//!
//! A commit waits for the disk. What queues up meanwhile is run one after the other in the next transaction, each write
//! in a savepoint of its own, and nobody is told of success before that transaction is committed. So each write is
//! still whole or not at all and as durable as alone, and sixteen of them wait for the disk once.

use super::connection::{Db, Transactions, begin, is_retryable};
use crate::error::{Error, Result};
use diesel::QueryResult;
use diesel::connection::TransactionManager;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// The most writes in one transaction, so that the first of them is not kept waiting for long.
const MOST: usize = 32;

/// A write that waits, whatever it returns.
pub(super) trait Waiting: Send {
    /// False when nobody waits for the answer any more: it is then not begun.
    fn wanted(&self) -> bool;
    /// True for a single statement, which needs no transaction around it when nothing else waits.
    fn whole_by_itself(&self) -> bool;
    /// Runs it (again) and keeps its outcome; the error, when it failed.
    fn run(&mut self, db: &mut Db) -> Option<&Error>;
    /// Answers: with the outcome once it is committed, or with why nothing was.
    fn tell(self: Box<Self>, committed: Result<()>);
}

struct One<T, F> {
    work: F,
    whole_by_itself: bool,
    outcome: Option<Result<T>>,
    tell: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&mut Db) -> Result<T> + Send> Waiting for One<T, F> {
    fn wanted(&self) -> bool {
        !self.tell.is_closed()
    }
    fn whole_by_itself(&self) -> bool {
        self.whole_by_itself
    }
    fn run(&mut self, db: &mut Db) -> Option<&Error> {
        self.outcome.insert((self.work)(db)).as_ref().err()
    }
    fn tell(self: Box<Self>, committed: Result<()>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(Error::internal("a write was not run")));
        // Nobody there any more: the request was given up while its write was being committed.
        let _ = self.tell.send(committed.and(outcome));
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
        let one = Box::new(One { work, whole_by_itself, outcome: None, tell });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(one);
        told
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

/// Runs writes in one transaction. A write that fails leaves nothing behind; the others stand.
pub(super) fn run_all(db: &mut Db, waiting: &mut [Box<dyn Waiting>]) -> Ended {
    if let [one] = waiting
        && one.whole_by_itself()
    {
        let again = one.run(db).is_some_and(|error| error.database().is_some_and(is_retryable));
        return if again { Ended::Again } else { Ended::Committed };
    }
    match begin(db).and_then(|()| in_transaction(db, waiting)) {
        Ok(ended) => ended,
        Err(error) => {
            let _ = Transactions::rollback_transaction(db);
            if is_retryable(&error) { Ended::Again } else { Ended::Failed(error.into()) }
        }
    }
}

fn in_transaction(db: &mut Db, waiting: &mut [Box<dyn Waiting>]) -> QueryResult<Ended> {
    // A write alone needs no savepoint: its transaction is rolled back whole.
    if let [one] = waiting {
        let again = match one.run(db) {
            None => return Transactions::commit_transaction(db).map(|()| Ended::Committed),
            Some(error) => error.database().is_some_and(is_retryable),
        };
        Transactions::rollback_transaction(db)?;
        return Ok(if again { Ended::Again } else { Ended::Committed });
    }
    for one in waiting {
        Transactions::begin_transaction(db)?;
        match one.run(db) {
            None => Transactions::commit_transaction(db)?,
            Some(error) => {
                let again = error.database().is_some_and(is_retryable);
                Transactions::rollback_transaction(db)?;
                if again {
                    Transactions::rollback_transaction(db)?;
                    return Ok(Ended::Again);
                }
            }
        }
    }
    Transactions::commit_transaction(db).map(|()| Ended::Committed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;
    use diesel::prelude::*;

    diesel::table! { notes (word) { word -> Text, } }

    fn database(folder: &tempfile::TempDir) -> Database {
        let database = Database::open(&format!("sqlite:{}", folder.path().join("notes.db").display()), 2).unwrap();
        database.direct(|db| note_table(db)).unwrap();
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
        let ended = database.direct(|db| Ok(run_all(db, &mut waiting))).unwrap();
        assert!(matches!(ended, Ended::Committed));
        waiting.into_iter().for_each(|one| one.tell(Ok(())));
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
        waiting.into_iter().for_each(|one| one.tell(Err(Error::internal("the disk is full"))));
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
}
