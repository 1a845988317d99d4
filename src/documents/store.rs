//! Files on disk and the rows that name them.

use super::scan::ScanState;
use crate::db::schema::documents;
use crate::db::{Db, MultiBackend};
use crate::error::{Error, Result};
use crate::values::{Id, Instant, actor};
use diesel::prelude::*;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::path::Path;
use std::sync::Arc;

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = documents, check_for_backend(MultiBackend))]
pub struct Document {
    /// Identifier.
    pub id: Id<Document>,
    /// The authority it belongs to.
    pub authority_id: Id<actor::Organisation>,
    /// Kind of the thing it belongs to: `call`, `application`, `claim`, ….
    pub owner_kind: String,
    /// Its identifier.
    pub owner_id: String,
    /// Whether the bytes on disk are ciphertext.
    pub sealed: bool,
    /// Name for people; "sealed" when sealed.
    pub name: String,
    /// Media type; "application/octet-stream" when sealed.
    pub media_type: String,
    /// Bytes on disk.
    pub size: i64,
    /// SHA-256 of the bytes on disk: of the ciphertext when sealed.
    pub sha256: String,
    /// What is known about its safety.
    pub scan: ScanState,
    /// Key in the object store.
    pub stored_as: String,
    /// When it came.
    pub created_at: Instant,
    /// Who sent it.
    pub created_by: Option<Id<actor::Account>>,
}

/// A row to be: everything that is not decided by the store.
pub type NewDocument = Document;

pub(super) fn open_store(folder: &Path) -> Result<Arc<dyn ObjectStore>> {
    std::fs::create_dir_all(folder)?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(|e| Error::Internal(Box::new(e)))?.with_fsync(true);
    Ok(Arc::new(store))
}

/// Writes and syncs bytes under a fresh key, before the row that names them commits.
///
/// # Errors
/// What the file system says.
pub async fn store_file(folder: &Path, bytes: Vec<u8>) -> Result<String> {
    let name: Id<Document> = Id::new();
    let text = name.to_string();
    // Two letters of the random part make folders of even size.
    let key = format!("{}/{text}", &text[24..]);
    open_store(folder)?
        .put(&Key::from(key.as_str()), PutPayload::from(bytes))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))?;
    Ok(key)
}

/// Reads a stored file whole.
///
/// # Errors
/// Internal when the file is gone.
pub async fn read_file(folder: &Path, stored_as: &str) -> Result<Vec<u8>> {
    let found = open_store(folder)?.get(&Key::from(stored_as)).await.map_err(|e| Error::Internal(Box::new(e)))?;
    Ok(found.bytes().await.map_err(|e| Error::Internal(Box::new(e)))?.to_vec())
}

/// Removes a file whose row is gone. A file that is gone already is no error.
///
/// # Errors
/// What the file system says.
pub async fn remove(folder: &Path, stored_as: &str) -> Result<()> {
    match open_store(folder)?.delete(&Key::from(stored_as)).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(Error::Internal(Box::new(error))),
    }
}

/// Names a stored file.
///
/// # Errors
/// What the database says.
pub fn insert(db: &mut Db, document: &Document) -> Result<()> {
    diesel::insert_into(documents::table).values(document).execute(db)?;
    Ok(())
}

/// The files of one thing, oldest first, at most 200.
///
/// # Errors
/// What the database says.
pub fn of_owner(db: &mut Db, kind: &str, owner: &str) -> Result<Vec<Document>> {
    Ok(documents::table
        .filter(documents::owner_kind.eq(kind))
        .filter(documents::owner_id.eq(owner))
        .select(Document::as_select())
        .order((documents::created_at, documents::id))
        .limit(200)
        .load(db)?)
}

/// One file's row.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Document>) -> Result<Document> {
    Ok(documents::table.filter(documents::id.eq(id)).select(Document::as_select()).first(db)?)
}

/// Forgets files: their rows go, and the caller removes the bytes once the change is committed.
///
/// # Errors
/// What the database says.
pub fn forget(db: &mut Db, ids: &[Id<Document>]) -> Result<()> {
    diesel::delete(documents::table.filter(documents::id.eq_any(ids))).execute(db)?;
    Ok(())
}
