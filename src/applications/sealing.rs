//! Encrypting drafts, parts and files, and opening them again. All of it happens in memory.

use super::model::{Application, Draft, SealedFile};
use crate::error::{Error, Result};
use crate::keys::Keys;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A sealed part: base64 ciphertext and the hash of its bytes.
pub(super) struct SealedPart {
    pub ciphertext: String,
    pub sha256: String,
}

/// Seals a part to the public half of a key.
pub(super) fn seal(recipient: &str, content: &impl Serialize) -> Result<SealedPart> {
    let plain = Zeroizing::new(serde_json::to_vec(content)?);
    let sealed = Keys::seal(recipient, &plain)?;
    Ok(SealedPart { sha256: hex::encode(Sha256::digest(&sealed)), ciphertext: STANDARD.encode(sealed) })
}

/// The hash of a stored ciphertext, as it lies there now.
pub(super) fn stored_sha256(ciphertext: &str) -> String {
    STANDARD.decode(ciphertext).map(|bytes| hex::encode(Sha256::digest(bytes))).unwrap_or_default()
}

/// Opens a stored ciphertext.
pub(super) fn open(keys: &Keys, wrapped: &str, ciphertext: &str) -> Result<Zeroizing<Vec<u8>>> {
    let sealed = STANDARD.decode(ciphertext).map_err(|_| Error::internal("a ciphertext is damaged"))?;
    keys.open(wrapped, &sealed).map(Zeroizing::new)
}

/// The draft of an application; `None` once its key is destroyed.
pub(super) fn open_draft(keys: &Keys, application: &Application) -> Result<Option<Draft>> {
    let (Some(draft), Some(wrapped)) = (&application.draft, &application.draft_wrapped) else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&open(keys, wrapped, draft)?)?))
}

/// Seals a draft to its own key.
pub(super) fn seal_draft(application: &Application, draft: &Draft) -> Result<String> {
    let recipient =
        application.draft_recipient.as_deref().ok_or_else(|| Error::internal("a draft has lost its key"))?;
    Ok(seal(recipient, draft)?.ciphertext)
}

/// Decrypts a file and holds it against the hash inside the sealed content.
pub(super) fn open_file(keys: &Keys, file: &SealedFile, sealed: &[u8]) -> Result<Vec<u8>> {
    let plain = keys.open(&file.key, sealed)?;
    if hex::encode(Sha256::digest(&plain)) != file.sha256 {
        return Err(Error::internal("a file is not the one that was sent"));
    }
    Ok(plain)
}

/// Runs encryption off the threads that answer requests.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal(format!("encryption ended early: {e}")))?
}
