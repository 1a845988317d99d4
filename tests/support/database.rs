//! A fresh database for each test, cloned from one that was migrated once.

use commonweal::app::{App, setting, write_setting};
use commonweal::db::{Database, migrate};
use commonweal::values::{Clock, Instant};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A database of its own and folders for keys and documents.
pub struct Fresh {
    pub url: String,
    pub kind: Kind,
    pub folder: tempfile::TempDir,
    name: Option<String>,
}

fn server() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("tests need a PostgreSQL server: run them with `make test`, or wrap cargo test in .ci/with-postgres")
}

fn admin() -> PgConnection {
    PgConnection::establish(&format!("{}/postgres", server())).unwrap()
}

/// Business time at which every council of the tests begins, whatever the machine's clock says: their stories name
/// dates after it. The sandbox's offset is in the database, so a server process on it tells the same time.
const BEGIN: &str = "2026-11-29T14:00:00Z";

fn begin(database: &Database) {
    let begin: Instant = BEGIN.parse().unwrap();
    let micros = begin.since(Clock::machine()).num_microseconds().unwrap();
    database.write_now(|db| write_setting(db, setting::CLOCK_OFFSET, &micros.to_string())).unwrap();
}

/// Puts all that was written into the file itself: a copy of it is whole without its write-ahead log. On PostgreSQL there
/// is nothing to do.
fn settle(database: &Database) {
    database
        .direct(|db| match db {
            commonweal::db::Db::Sqlite(c) => Ok(c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);")?),
            commonweal::db::Db::Pg(_) => Ok(()),
        })
        .unwrap();
}

fn sqlite_template() -> &'static PathBuf {
    static TEMPLATE: OnceLock<(PathBuf, tempfile::TempDir)> = OnceLock::new();
    &TEMPLATE
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("template.db");
            {
                let database = Database::open(&format!("sqlite:{}", path.display()), 1).unwrap();
                migrate::up(&database).unwrap();
                begin(&database);
                settle(&database);
            }
            (path, folder)
        })
        .0
}

/// Ends every connection to a database, which can then be cloned; a pool closes its own in the background.
fn leave(name: &str) {
    for _ in 0..100 {
        let done = admin().batch_execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'; \
             ALTER DATABASE {name} IS_TEMPLATE true"
        ));
        if done.is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// A new database with all that another holds.
fn clone_of(template: &str) -> String {
    let name = format!("t_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    // Two clones of one template at once are refused for a moment.
    let mut made = Ok(());
    for _ in 0..200 {
        made = admin().batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        if made.is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    made.unwrap();
    name
}

/// Copies a folder with all that is in it; of a database its file, which [`settle`] made whole.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        // Taken away by the last connection as it closes, perhaps at this moment.
        let path = there.to_string_lossy();
        if path.ends_with("-wal") || path.ends_with("-shm") {
            let left = entry.metadata().map_or(0, |m| m.len());
            assert!(path.ends_with("-shm") || left == 0, "{path} still holds what its database does not");
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}

fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        admin().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let database = Database::open(&format!("{}/{name}", server()), 1).unwrap();
        migrate::up(&database).unwrap();
        begin(&database);
        drop(database);
        leave(&name);
        name
    })
}

/// The file of a SQLite database in its folder.
const FILE: &str = "commonweal.db";

static NUMBER: AtomicUsize = AtomicUsize::new(0);

impl Fresh {
    pub fn new(kind: Kind) -> Fresh {
        let folder = tempfile::tempdir().unwrap();
        match kind {
            Kind::Sqlite => {
                let path = folder.path().join(FILE);
                std::fs::copy(sqlite_template(), &path).unwrap();
                Fresh { url: format!("sqlite:{}", path.display()), kind, folder, name: None }
            }
            Kind::Postgres => {
                let name = clone_of(postgres_template());
                Fresh { url: format!("{}/{name}", server()), kind, folder, name: Some(name) }
            }
        }
    }

    /// Closes it for good: from now on it is only copied.
    pub fn close(self, database: Database) -> Fresh {
        settle(&database);
        drop(database);
        if let Some(name) = &self.name {
            leave(name);
        }
        self
    }

    /// A closed one once more, with its folders.
    pub fn copy(&self) -> Fresh {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), folder.path());
        let kind = self.kind;
        match &self.name {
            None => Fresh { url: format!("sqlite:{}", folder.path().join(FILE).display()), kind, folder, name: None },
            Some(template) => {
                let name = clone_of(template);
                Fresh { url: format!("{}/{name}", server()), kind, folder, name: Some(name) }
            }
        }
    }

    /// An empty database without any table.
    pub fn empty(kind: Kind) -> Fresh {
        let folder = tempfile::tempdir().unwrap();
        match kind {
            Kind::Sqlite => {
                let url = format!("sqlite:{}", folder.path().join("empty.db").display());
                Fresh { url, kind, folder, name: None }
            }
            Kind::Postgres => {
                let name = format!("e_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
                admin().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
                Fresh { url: format!("{}/{name}", server()), kind, folder, name: Some(name) }
            }
        }
    }

    pub fn open(&self) -> Database {
        Database::open(&self.url, 4).unwrap()
    }

    pub fn app(&self, sandbox: bool) -> App {
        App::open(super::config(self.folder.path(), &self.url), self.open(), sandbox).unwrap()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = admin().batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}
