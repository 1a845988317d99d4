//! How SQLite carries out what the service asks in a test: what grows over the years is found by an index, never read from
//! end to end.
//!
//! SQLite plans without figures about the rows, so a test's small database shows the plans that a large one has.

use commonweal::db::{Backend, Database, Db};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::HashSet;
use std::sync::{Mutex, OnceLock};

/// What may be read from end to end, by which statements, and why.
const WHOLE: [(&str, &str, &str); 14] = [
    ("sent", "WITH sent", "the rows given with the statement"),
    ("drawn", "WITH drawn", "the rows given with the statement"),
    ("missions", "LIMIT", "a council has some tens of them"),
    ("organisations", "LIKE", "words are looked for inside names"),
    ("audit_pending USING COVERING INDEX sqlite_autoindex_audit_pending_1", "LIMIT", "what was written this second"),
    ("jobs USING INDEX jobs_due", "LIMIT", "in the order of the index, which holds only what waits"),
    ("mails USING INDEX mails_by_age", "LIMIT", "in the order of the index, a page of it"),
    ("agreements USING INDEX agreements_register", "LIMIT", "in the order of the index, a page of it"),
    ("audit_links USING INDEX sqlite_autoindex_audit_links_1", "LIMIT", "in the order of the index, its last"),
    ("calls USING COVERING INDEX sqlite_autoindex_calls_2", "LIKE", "references alone, once for each new call"),
    (
        "agreements USING COVERING INDEX sqlite_autoindex_agreements_3",
        "LIKE",
        "references alone, once for each new one",
    ),
    (
        "gone USING COVERING INDEX investment_cancellations_approved",
        "gone.state = 'approved'",
        "the few parts that were cancelled before any payment",
    ),
    ("agreements", "COUNT(DISTINCT organisation_id)", "the public totals are sums over all that was signed"),
    ("obligations USING COVERING INDEX obligations_by_agreement", "COUNT(DISTINCT organisation_id)", "the same totals"),
];

/// What no table is: values, and what SQLite knows about itself.
const NO_TABLE: [&str; 5] = ["CONSTANT ROW", "VALUES CLAUSE", "sqlite_master", "pragma_", "__diesel_schema_migrations"];

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Watches what the service asks, and looks at it when the test ends.
pub struct Plans(Database);

impl Plans {
    pub fn of(database: &Database) -> Plans {
        Plans(database.clone())
    }

    /// What the service does by itself. What a test asks the database besides is not watched.
    pub async fn during<T>(database: &Database, work: impl Future<Output = T>) -> T {
        let _watching = (database.backend() == Backend::Sqlite).then(|| database.watch());
        work.await
    }

    /// Statements that no test has looked at yet.
    fn unseen(&self) -> Vec<String> {
        static SEEN: OnceLock<Mutex<HashSet<String>>> = OnceLock::new();
        let mut seen = SEEN.get_or_init(Mutex::default).lock().unwrap();
        self.0.watched().into_iter().filter(|text| seen.insert(text.clone())).collect()
    }

    /// What a statement reads from end to end, in SQLite's words.
    fn read_whole(&self, text: &str) -> Vec<String> {
        let frame = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"].iter().any(|word| text.starts_with(word));
        // Who looks for one of none is not given a row.
        if frame || text.contains("(1=0)") {
            return Vec::new();
        }
        let ask = |db: &mut Db| {
            let Db::Sqlite(c) = db else { unreachable!("only SQLite is watched") };
            Ok(diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}")).load::<Step>(c)?)
        };
        let steps = self.0.direct(ask).unwrap_or_else(|e| panic!("no plan of {text}: {e}"));
        // An index that is made for one statement is made of the whole table.
        let scanned = steps.iter().filter_map(|step| {
            step.detail
                .strip_prefix("SCAN ")
                .or_else(|| step.detail.contains(" AUTOMATIC ").then_some(&step.detail[..]))
        });
        let table = |what: &&str| !NO_TABLE.iter().any(|no| what.contains(no));
        let unforeseen = |what: &&str| !WHOLE.iter().any(|(whole, by, _)| whole == what && text.contains(by));
        scanned.filter(table).filter(unforeseen).map(str::to_owned).collect()
    }
}

impl Drop for Plans {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut found = String::new();
        for text in self.unseen() {
            for what in self.read_whole(&text) {
                found += &format!("\n{what}\n  by {text}");
            }
        }
        assert!(found.is_empty(), "read from end to end; add an index, or a reason in {}:{found}", file!());
    }
}

#[test]
fn a_statement_that_no_index_serves_is_found_and_one_that_has_an_index_is_not() {
    let fresh = super::Fresh::new(super::Kind::Sqlite);
    let plans = Plans::of(&fresh.open());
    let by_word = "SELECT id FROM applications WHERE reference LIKE '%7%'";
    assert_eq!(plans.read_whole(by_word), ["applications"]);
    // As the chain once asked: every row of the record, to find the few that wait.
    let by_row = "SELECT audit_rows.id FROM audit_pending JOIN audit_rows ON audit_rows.id = audit_pending.row_id ORDER BY audit_rows.id LIMIT 500";
    assert_eq!(plans.read_whole(by_row).len(), 1);
    assert!(plans.read_whole("SELECT id FROM applications WHERE call_id = '7'").is_empty());
}

#[actix_web::test]
async fn what_the_service_asks_is_watched_and_what_a_test_asks_besides_is_not() {
    let fresh = super::Fresh::new(super::Kind::Sqlite);
    let database = fresh.open();
    let plans = Plans::of(&database);
    let asked = |word: &str| {
        let (text, database) =
            (format!("SELECT id FROM applications WHERE reference LIKE '%{word}%'"), database.clone());
        async move { database.read(move |db| Ok(diesel::sql_query(text).execute(db)?)).await.unwrap() }
    };
    asked("besides").await;
    // The first of two at once ends before the second has asked.
    Plans::during(&database, async {
        Plans::during(&database, asked("first")).await;
        asked("second").await;
    })
    .await;
    asked("after").await;
    let watched = database.watched();
    let words = ["besides", "first", "second", "after"].map(|word| watched.iter().any(|text| text.contains(word)));
    assert_eq!(words, [false, true, true, false]);
    assert_eq!(plans.unseen().iter().filter(|text| !plans.read_whole(text).is_empty()).count(), 2);
}
