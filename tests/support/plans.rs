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
const WHOLE: [(&str, &str, &str); 13] = [
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
        database.watch(database.backend() == Backend::Sqlite);
        let done = work.await;
        database.watch(false);
        done
    }

    /// Statements that no test has looked at yet.
    fn unseen(&self) -> Vec<String> {
        static SEEN: OnceLock<Mutex<HashSet<String>>> = OnceLock::new();
        let mut seen = SEEN.get_or_init(Mutex::default).lock().unwrap();
        self.0.watched().into_iter().filter(|text| seen.insert(text.clone())).collect()
    }

    /// What a statement reads from end to end, in SQLite's words.
    fn read_whole(&self, text: &str) -> Vec<String> {
        let asks = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|word| text.starts_with(word));
        // Who looks for one of none is not given a row.
        if !asks || text.contains("(1=0)") {
            return Vec::new();
        }
        let ask = |db: &mut Db| {
            let Db::Sqlite(c) = db else { unreachable!("only SQLite is watched") };
            Ok(diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}")).load::<Step>(c)?)
        };
        let steps = self.0.direct(ask).unwrap_or_else(|e| panic!("no plan of {text}: {e}"));
        let scanned = steps.iter().filter_map(|step| step.detail.strip_prefix("SCAN "));
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
        for text in self.unseen() {
            let whole = self.read_whole(&text);
            assert!(
                whole.is_empty(),
                "reads {whole:?} from end to end (add an index, or a reason in {}): {text}",
                file!()
            );
        }
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
