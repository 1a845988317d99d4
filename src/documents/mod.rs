//! Stored files: kind found by content, size limited, hashed, scanned where a scanner is configured.
//!
//! A file is written and synced to disk before the row that names it commits; a file without a row is
//! swept away later, a row without a file is found by `verify documents`. Files of sealed applications
//! are stored as ciphertext only and keep no plaintext hash, name or type in clear.
//!
//! Public names: [`Document`], [`Upload`], [`Checked`], [`FileRefusal`], [`check`], [`check_archive`], [`Scan`],
//! [`store_file`], [`read_file`], [`insert`], [`of_owner`], [`find`], [`forget`], [`verify()`], [`sweep`], and the rows of a sheet in [`rows`].

mod archive;
mod check;
pub mod rows;
mod scan;
mod store;
mod verify;

/// Hours after which a file that no row names is an orphan: longer than any change takes to commit.
pub const ORPHAN_HOURS: i64 = 24;

pub use archive::{ArchiveRefusal, check_archive};
pub use check::{Checked, FileRefusal, Upload, check};
pub use scan::{ScanState, scan};
pub use store::{Document, NewDocument, find, forget, insert, of_owner, read_file, remove, store_file};
pub use verify::{FileFinding, FileReport, sweep, verify};
