//! Migrations: the shared ones and the backend's own, joined in one source and embedded in the binary.

use super::{Database, Db};
use crate::error::{Error, Result};
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SHARED: EmbeddedMigrations = embed_migrations!("migrations/shared");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Number of the PostgreSQL advisory lock that keeps two nodes from migrating at once.
const MIGRATION_LOCK: &str = "7215001";

struct Both(EmbeddedMigrations);

impl<DB: diesel::backend::Backend> MigrationSource<DB> for Both {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let mut all: Vec<Box<dyn Migration<DB>>> = SHARED.migrations()?;
        all.extend(MigrationSource::<DB>::migrations(&self.0)?);
        Ok(all)
    }
}

/// Brings the database to the newest schema and says how many steps that took.
///
/// # Errors
/// What the database says; it is then as it was before the failing step.
pub fn up(database: &Database) -> Result<usize> {
    database.direct(|db| match db {
        Db::Pg(pg) => {
            pg.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
            let ran = pg.run_pending_migrations(Both(POSTGRES)).map(|v| v.len());
            pg.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
            ran.map_err(Error::Internal)
        }
        Db::Sqlite(sqlite) => sqlite.run_pending_migrations(Both(SQLITE)).map(|v| v.len()).map_err(Error::Internal),
    })
}

/// Takes every step back. For tests.
///
/// # Errors
/// As [`up`].
pub fn down(database: &Database) -> Result<usize> {
    database.direct(|db| match db {
        Db::Pg(pg) => pg.revert_all_migrations(Both(POSTGRES)).map(|v| v.len()).map_err(Error::Internal),
        Db::Sqlite(sqlite) => sqlite.revert_all_migrations(Both(SQLITE)).map(|v| v.len()).map_err(Error::Internal),
    })
}

/// Whether the schema is the one this binary knows.
///
/// # Errors
/// As [`up`].
pub fn is_current(database: &Database) -> Result<bool> {
    database.direct(|db| match db {
        Db::Pg(pg) => pg.has_pending_migration(Both(POSTGRES)).map(|p| !p).map_err(Error::Internal),
        Db::Sqlite(sqlite) => sqlite.has_pending_migration(Both(SQLITE)).map(|p| !p).map_err(Error::Internal),
    })
}
