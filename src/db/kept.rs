//! Statements that a connection keeps prepared.
//!
//! The query builder keeps only statements that are the same text every time, and takes those of several rows for any
//! number of texts. Where a statement has few forms, parsing and planning it anew costs as much as running it.

use diesel::backend::Backend;
use diesel::deserialize::{self, QueryableByName};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::NamedRow;
use diesel::sql_types::Untyped;

/// The most rows of one statement that is kept: so many forms of it a connection may hold.
pub(crate) const MOST_KEPT: usize = 32;

/// A statement that is kept prepared by its text. Only for statements of few forms: each is held for as long as the
/// connection.
///
/// Its rows are read by the names of their columns. A command is sent as a question whose answer is empty ([`NoRow`]): the
/// query builder is handed commands by reference, and there forgets that they may be kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept<Q>(pub Q);

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Kept<Q> {
    type SqlType = Untyped;
}

impl<Q, C> RunQueryDsl<C> for Kept<Q> {}

/// What a command answers: never a row.
#[derive(Clone, Copy, Debug)]
pub struct NoRow;

impl<DB: Backend> QueryableByName<DB> for NoRow {
    fn build<'a>(_: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        Ok(NoRow)
    }
}

/// Inserts a slice of rows: on PostgreSQL, where each statement is a round trip, by one for all of them, which is kept
/// when they are few; on SQLite by one for each two, because there it is always the same text.
///
/// Answers a `QueryResult<()>`.
#[macro_export]
macro_rules! insert_all {
    ($db:expr, $table:expr, $rows:expr) => {{
        use diesel::RunQueryDsl as _;
        let rows = $rows;
        match $db {
            _ if rows.is_empty() => Ok(()),
            $crate::db::Db::Pg(connection) if rows.len() <= $crate::db::MOST_KEPT => {
                let insert = $crate::db::Kept(diesel::insert_into($table).values(rows));
                insert.load::<$crate::db::NoRow>(connection).map(|_| ())
            }
            $crate::db::Db::Pg(connection) => diesel::insert_into($table).values(rows).execute(connection).map(|_| ()),
            $crate::db::Db::Sqlite(connection) => rows.chunks(2).try_for_each(|some| match some {
                // Owned, because only then the query builder knows two for two of the same kind every time.
                [one, other] => {
                    diesel::insert_into($table).values([one.clone(), other.clone()]).execute(connection).map(|_| ())
                }
                one => one
                    .iter()
                    .try_for_each(|row| diesel::insert_into($table).values(row).execute(connection).map(|_| ())),
            }),
        }
    }};
}
