//! Encrypting drafts, parts and files, and opening them again. All of it happens in memory.

use super::model::{Application, Draft, SealedFile};
use crate::error::{Error, Result};
use crate::keys::{ContentKey, EnvelopeKey, Keys};
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

/// Gives a draft a key for each public key of its call, where it has none yet. Keys are exchanged when a draft begins,
/// because that costs more than all else that sending does, and most is sent in the last hour.
pub(super) fn make_envelope_keys(draft: &mut Draft, recipients: &[&str]) -> Result<()> {
    draft.envelope_keys.retain(|key| recipients.iter().any(|recipient| key.is_for(recipient)));
    for recipient in recipients {
        if !draft.envelope_keys.iter().any(|key| key.is_for(recipient)) {
            draft.envelope_keys.push(EnvelopeKey::make(recipient)?);
        }
    }
    Ok(())
}

/// Seals a part of a draft with its key for this public key of the call.
pub(super) fn seal(draft: &Draft, recipient: &str, content: &impl Serialize) -> Result<SealedPart> {
    let key = draft.envelope_keys.iter().find(|key| key.is_for(recipient));
    let key = key.ok_or_else(|| Error::internal("a draft without the keys of its envelopes"))?;
    let plain = Zeroizing::new(serde_json::to_vec(content)?);
    let sealed = key.seal(&plain)?;
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

/// What seals a draft again: the key that opened it.
pub(super) enum DraftKey {
    /// The symmetric key of this application.
    Own(ContentKey),
    /// The public half of a key pair, by which drafts begun before December 2026 are sealed.
    Pair(String),
}

impl DraftKey {
    /// The key of a new application, and what is stored of it.
    pub(super) fn make(keys: &Keys) -> Result<(DraftKey, String)> {
        let (key, wrapped) = keys.make_content_key()?;
        Ok((DraftKey::Own(key), wrapped))
    }

    /// Seals a draft; base64.
    pub(super) fn seal(&self, draft: &Draft) -> Result<String> {
        let plain = Zeroizing::new(serde_json::to_vec(draft)?);
        Ok(STANDARD.encode(match self {
            DraftKey::Pair(recipient) => Keys::seal(recipient, &plain)?,
            DraftKey::Own(key) => key.seal(&plain)?,
        }))
    }
}

/// The draft of an application and the key that seals it again; `None` once that key is destroyed.
pub(super) fn open_draft(keys: &Keys, application: &Application) -> Result<Option<(Draft, DraftKey)>> {
    let (Some(draft), Some(wrapped)) = (&application.draft, &application.draft_wrapped) else { return Ok(None) };
    let (plain, key) = match &application.draft_recipient {
        Some(recipient) => (open(keys, wrapped, draft)?, DraftKey::Pair(recipient.clone())),
        None => {
            let key = keys.content_key(wrapped)?;
            let sealed = STANDARD.decode(draft).map_err(|_| Error::internal("a draft is damaged"))?;
            (Zeroizing::new(key.open(&sealed)?), DraftKey::Own(key))
        }
    };
    Ok(Some((serde_json::from_slice(&plain)?, key)))
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
