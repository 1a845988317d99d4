//! Two databases from one binary: the URL's scheme chooses SQLite or PostgreSQL.
//!
//! Reads and writes run on the blocking pool. A write is one serializable unit: it commits whole
//! or not at all, and is tried again when the database asks for it. Its closure has no outside
//! effect, because it may run more than once.
//!
//! Public names: [`Database`], [`Gathered`], [`Db`], [`MultiBackend`], [`on_each!`](crate::on_each),
//! [`insert_all!`](crate::insert_all), [`Kept`], [`text_column!`](crate::text_column), [`Json`],
//! [`Page`], [`First`], [`Cursor`], [`After`], [`uncut`], [`earlier!`](crate::earlier), [`later!`](crate::later).

mod columns;
mod connection;
mod kept;
pub mod migrate;
mod paging;
mod reading;
pub mod schema;
mod together;
mod watching;

pub use columns::{Json, SortKey};
pub use connection::{Backend, Database, Db, DbUrl, MultiBackend, sum_pence};
pub(crate) use kept::MOST_KEPT;
pub use kept::{Kept, NoRow};
pub use paging::{After, Cursor, First, Page, uncut};
pub use reading::GatheredRead;
pub use together::Gathered;
pub use watching::Watching;
