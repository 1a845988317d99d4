//! Keyset paging: a list goes on after the last row seen, however long it is.

use crate::error::Error;
use crate::values::Instant;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use std::fmt;
use std::str::FromStr;

/// What is said of a place that no page gave.
const WRONG: &str = "This page link is not valid; start again from the first page";

/// The place after which the next page begins: a sort instant and an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Value of the sort column in the last row.
    pub at: Instant,
    /// Its identifier, which breaks ties.
    pub id: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{}~{}", self.at.micros(), self.id)))
    }
}

impl FromStr for Cursor {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| WRONG)?;
        let text = String::from_utf8(bytes).map_err(|_| WRONG)?;
        let (micros, id) = text.split_once('~').ok_or(WRONG)?;
        let at = micros.parse().ok().and_then(Instant::from_micros).ok_or(WRONG)?;
        if id.len() > 40 || id.is_empty() || id.contains('\0') {
            return Err(WRONG);
        }
        Ok(Cursor { at, id: id.to_owned() })
    }
}

/// The place after which the next page begins in a list that is sorted by one text, which only one row has: an identifier,
/// or a name that is given once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After(pub String);

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl FromStr for After {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| WRONG)?;
        let text = String::from_utf8(bytes).map_err(|_| WRONG)?;
        // PostgreSQL keeps no text with a zero in it, nor looks for one.
        if text.is_empty() || text.contains('\0') { Err(WRONG) } else { Ok(After(text)) }
    }
}

/// The rows after a cursor in a list whose newest come first. Its first comparison alone leads an index to the place: of
/// two alternatives SQLite would look at every row before it.
#[macro_export]
macro_rules! earlier {
    ($at:expr, $id:expr, $cursor:expr) => {
        $at.le($cursor.at).and($at.lt($cursor.at).or($id.lt($cursor.id.clone())))
    };
}

/// As [`earlier!`](crate::earlier), in a list whose oldest come first.
#[macro_export]
macro_rules! later {
    ($at:expr, $id:expr, $cursor:expr) => {
        $at.ge($cursor.at).and($at.gt($cursor.at).or($id.gt($cursor.id.clone())))
    };
}

/// One page of a list and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C = Cursor> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins, when there is one.
    pub next: Option<C>,
}

impl<T> Page<T> {
    /// Rows on one page of a list.
    pub const SIZE: usize = 20;
}

impl<T, C> Page<T, C> {
    /// From one row more than a page (ask the database for `limit + 1`).
    pub fn cut(mut rows: Vec<T>, limit: usize, cursor: impl Fn(&T) -> C) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(&cursor) } else { None };
        Page { items: rows, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U, C> {
        Page { items: self.items.into_iter().map(item).collect(), next: self.next }
    }
}

/// Rows that say something only together, such as what a total is made of. They are asked for with one more than `most`;
/// more of them are an error, because a part of them would pass for the whole.
///
/// # Errors
/// When there are more.
pub fn uncut<T>(rows: Vec<T>, most: i64) -> Result<Vec<T>, Error> {
    if i64::try_from(rows.len())? > most {
        return Err(Error::internal(format!("there are more than {most} rows of what is read whole")));
    }
    Ok(rows)
}

/// The first `MOST` rows of a query, the number written into the statement: PostgreSQL plans a statement anew each time
/// as long as it is told only then how few rows are wanted.
#[derive(Clone, Copy, Debug)]
pub struct First<Q, const MOST: usize>(pub Q);

impl<DB: Backend, Q: QueryFragment<DB>, const MOST: usize> QueryFragment<DB> for First<Q, MOST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        out.push_sql(&MOST.to_string());
        Ok(())
    }
}

impl<Q: QueryId, const MOST: usize> QueryId for First<Q, MOST> {
    type QueryId = First<Q::QueryId, MOST>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query, const MOST: usize> Query for First<Q, MOST> {
    type SqlType = Q::SqlType;
}

impl<Q, C, const MOST: usize> RunQueryDsl<C> for First<Q, MOST> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_link_and_nonsense_is_refused() {
        let cursor = Cursor { at: Instant::from_micros(1_795_000_000_000_001).unwrap(), id: "01ABC".into() };
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        assert!("%%%".parse::<Cursor>().is_err());
        assert!("".parse::<Cursor>().is_err());
        let name = After("Café fund".into());
        assert_eq!(name.to_string().parse::<After>().unwrap(), name);
        for nonsense in ["%%%", "", &After("a\0".into()).to_string(), &URL_SAFE_NO_PAD.encode([0xff])] {
            assert!(nonsense.parse::<After>().is_err(), "{nonsense}");
        }
    }
}
