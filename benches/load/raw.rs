//! What the database alone can commit: the rows and bytes of one submission, and nothing around them.

use crate::CONNECTIONS;
use crate::council::Council;
use commonweal::db::schema;
use commonweal::values::Id;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::sync::Mutex;
use std::time::{Duration, Instant};

diesel::table! { raw_applications (id) { id -> Text, draft -> Text, others -> Text, at -> Text, } }
diesel::table! { raw_envelopes (id) { id -> Text, application -> Text, part -> Text, ciphertext -> Text, sha256 -> Text, at -> Text, authority -> Text, receipt -> Text, } }
diesel::table! { raw_audit (id) { id -> Text, authority -> Text, at -> Text, actor -> Text, action -> Text, kind -> Text, subject -> Text, facts -> Text, hash -> Text, } }
diesel::table! { raw_pending (id) { id -> Text, } }
diesel::table! { raw_receipts (id) { id -> Text, authority -> Text, application -> Text, reference -> Text, at -> Text, quality -> Text, price -> Text, audit -> Text, } }
diesel::table! { raw_jobs (id) { id -> Text, kind -> Text, payload -> Text, at -> Text, } }

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS raw_applications (id TEXT PRIMARY KEY NOT NULL, draft TEXT NOT NULL, others TEXT NOT NULL, at TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS raw_envelopes (id TEXT PRIMARY KEY NOT NULL, application TEXT NOT NULL, part TEXT NOT NULL, ciphertext TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL, authority TEXT NOT NULL, receipt TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS raw_audit (id TEXT PRIMARY KEY NOT NULL, authority TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, facts TEXT NOT NULL, hash TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS raw_pending (id TEXT PRIMARY KEY NOT NULL);
    CREATE TABLE IF NOT EXISTS raw_receipts (id TEXT PRIMARY KEY NOT NULL, authority TEXT NOT NULL, application TEXT NOT NULL, reference TEXT NOT NULL, at TEXT NOT NULL, quality TEXT NOT NULL, price TEXT NOT NULL, audit TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS raw_jobs (id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, at TEXT NOT NULL);";

/// What one submission stores, as it lies in the council's database.
#[derive(Clone)]
struct Bytes {
    draft: String,
    /// The other columns of the application's row: whoever changes one writes the row again.
    others: String,
    envelopes: Vec<String>,
}

fn bytes(council: &Council) -> Bytes {
    use schema::{applications, envelopes};
    let id = council.bids[0].0;
    council
        .app
        .db
        .read_now(|db| {
            let row: commonweal::applications::Application =
                applications::table.filter(applications::id.eq(id)).select(SelectableHelper::as_select()).first(db)?;
            let envelopes = envelopes::table
                .filter(envelopes::application_id.eq(id))
                .select(envelopes::ciphertext)
                .order(envelopes::id.desc())
                .limit(2)
                .load(db)?;
            let others = [
                row.authority_id.to_string(),
                row.call_id.to_string(),
                row.organisation_id.to_string(),
                row.state.to_string(),
                row.reference.unwrap_or_default(),
                row.draft_wrapped.unwrap_or_default(),
                row.created_by.to_string(),
            ];
            Ok(Bytes { draft: row.draft.unwrap(), others: others.concat(), envelopes })
        })
        .unwrap()
}

macro_rules! one {
    ($name:ident, $connection:ty) => {
        /// One transaction: seven rows.
        fn $name(db: &mut $connection, bytes: &Bytes) {
            let (id, at) = (|| Id::<Council>::new().to_string(), "2026-11-24 12:00:00.000000");
            let (hash, authority) = ("a".repeat(64), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
            db.transaction(|db| -> QueryResult<()> {
                diesel::insert_into(raw_applications::table)
                    .values((
                        raw_applications::id.eq(id()),
                        raw_applications::draft.eq(&bytes.draft),
                        raw_applications::others.eq(&bytes.others),
                        raw_applications::at.eq(at),
                    ))
                    .execute(db)?;
                for ciphertext in &bytes.envelopes {
                    diesel::insert_into(raw_envelopes::table)
                        .values((
                            raw_envelopes::id.eq(id()),
                            raw_envelopes::application.eq(authority),
                            raw_envelopes::part.eq("quality"),
                            raw_envelopes::ciphertext.eq(ciphertext),
                            raw_envelopes::sha256.eq(&hash),
                            raw_envelopes::at.eq(at),
                            raw_envelopes::authority.eq(authority),
                            raw_envelopes::receipt.eq(authority),
                        ))
                        .execute(db)?;
                }
                let row = id();
                diesel::insert_into(raw_audit::table)
                    .values((
                        raw_audit::id.eq(&row),
                        raw_audit::authority.eq(authority),
                        raw_audit::at.eq(at),
                        raw_audit::actor.eq("account:01ARZ3NDEKTSV4RRFFQ69G5FAV"),
                        raw_audit::action.eq("application.replaced"),
                        raw_audit::kind.eq("application"),
                        raw_audit::subject.eq(authority),
                        raw_audit::facts.eq(format!("{{\"quality_sha256\":\"{hash}\",\"price_sha256\":\"{hash}\"}}")),
                        raw_audit::hash.eq(&hash),
                    ))
                    .execute(db)?;
                diesel::insert_into(raw_pending::table).values(raw_pending::id.eq(&row)).execute(db)?;
                diesel::insert_into(raw_receipts::table)
                    .values((
                        raw_receipts::id.eq(id()),
                        raw_receipts::authority.eq(authority),
                        raw_receipts::application.eq(authority),
                        raw_receipts::reference.eq("T-2026-0007-ABCDEF"),
                        raw_receipts::at.eq(at),
                        raw_receipts::quality.eq(&hash),
                        raw_receipts::price.eq(&hash),
                        raw_receipts::audit.eq(&hash),
                    ))
                    .execute(db)?;
                diesel::insert_into(raw_jobs::table)
                    .values((
                        raw_jobs::id.eq(id()),
                        raw_jobs::kind.eq("application.submitted"),
                        raw_jobs::payload
                            .eq(format!("{{\"application\":\"{authority}\",\"receipt\":\"{authority}\"}}")),
                        raw_jobs::at.eq(at),
                    ))
                    .execute(db)?;
                Ok(())
            })
            .unwrap();
        }
    };
}
one!(one_sqlite, SqliteConnection);
one!(one_postgres, PgConnection);

macro_rules! single {
    ($name:ident, $connection:ty) => {
        /// One transaction: a single short row.
        fn $name(db: &mut $connection) {
            let row = (
                raw_jobs::id.eq(Id::<Council>::new().to_string()),
                raw_jobs::kind.eq("application.submitted"),
                raw_jobs::payload.eq("{}"),
                raw_jobs::at.eq("2026-11-24 12:00:00.000000"),
            );
            diesel::insert_into(raw_jobs::table).values(row).execute(db).unwrap();
        }
    };
}
single!(single_sqlite, SqliteConnection);
single!(single_postgres, PgConnection);

/// Commits of the rows and bytes of one submission, as fast as the database takes them, from as many threads as the
/// service has connections under load. SQLite has one writer, so its threads take turns; PostgreSQL gets a connection for
/// each.
pub fn commits(council: &Council, span: Duration) -> Vec<Duration> {
    let bytes = bytes(council);
    run(council, span, |db| one_sqlite(db, &bytes), |db| one_postgres(db, &bytes))
}

/// The same of single rows: what the database can acknowledge at all.
pub fn single_rows(council: &Council, span: Duration) -> Vec<Duration> {
    run(council, span, single_sqlite, single_postgres)
}

fn run(
    council: &Council,
    span: Duration,
    sqlite: impl Fn(&mut SqliteConnection) + Sync,
    postgres: impl Fn(&mut PgConnection) + Sync,
) -> Vec<Duration> {
    if council.url.starts_with("sqlite:") {
        let path = council.folder.path().join("raw.db");
        let mut db = SqliteConnection::establish(&path.display().to_string()).unwrap();
        db.batch_execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000; PRAGMA wal_autocheckpoint=4000;").unwrap();
        db.batch_execute(TABLES).unwrap();
        let db = Mutex::new(db);
        return threads(span, || (), |()| sqlite(&mut db.lock().unwrap()));
    }
    PgConnection::establish(&council.url).unwrap().batch_execute(TABLES).unwrap();
    threads(span, || PgConnection::establish(&council.url).unwrap(), postgres)
}

fn threads<C>(span: Duration, connect: impl Fn() -> C + Sync, commit: impl Fn(&mut C) + Sync) -> Vec<Duration> {
    let warm = Instant::now() + Duration::from_millis(500);
    let end = warm + span;
    let one = || {
        let mut connection = connect();
        let mut waits = Vec::new();
        loop {
            let begun = Instant::now();
            if begun >= end {
                return waits;
            }
            commit(&mut connection);
            if begun >= warm {
                waits.push(begun.elapsed());
            }
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(one)).collect();
        running.into_iter().flat_map(|t| t.join().unwrap()).collect()
    })
}
