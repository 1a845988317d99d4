//! Keys for content that only this installation both writes and reads, such as a draft that is saved again and again.
//!
//! Symmetric (XChaCha20-Poly1305), because each exchange of keys costs more than all else that saving does. Such a key
//! is wrapped twice: by a key made from the master, which opens it in a few microseconds, and by age to the recovery
//! key, which opens it when the server is lost.
//!
//! The content of an envelope is sealed in the same way; its key is sealed to the call's instead ([`super::EnvelopeKey`]).

use super::Keys;
use crate::error::{Error, Result};
use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes of a nonce, which is drawn anew for each sealing: with so many two never meet.
const NONCE: usize = 24;
/// Between the two wrappings; base64 has no such sign, so it also tells such a key from a wrapped key pair.
const BETWEEN: char = '.';

/// A key of its own for the content of one thing. Never printed; wiped when it is dropped.
pub struct ContentKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

impl ContentKey {
    /// The key that wraps content keys under a master: a hash of its 256 random bits and of what it is for.
    pub(super) fn of_master(master: &Identity) -> ContentKey {
        let mut digest = Sha256::new();
        digest.update(b"commonweal content keys/1\n");
        digest.update(master.to_string().expose_secret().as_bytes());
        ContentKey(Zeroizing::new(digest.finalize().into()))
    }

    /// The key of these 32 bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Result<ContentKey> {
        Ok(ContentKey(Zeroizing::new(bytes.try_into().map_err(|_| damaged())?)))
    }

    /// Seals bytes: the nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// Internal, for more than 256 GB.
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        self.seal_as(plain, &[])
    }

    /// As [`ContentKey::seal`], so that it opens only beside the same bytes in clear.
    pub(super) fn seal_as(&self, plain: &[u8], beside: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: beside })
            .map_err(|_| Error::internal("too long to seal"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what this key sealed.
    ///
    /// # Errors
    /// Internal when another key sealed it, or a bit of it was changed.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        self.open_as(sealed, &[])
    }

    /// Opens what [`ContentKey::seal_as`] sealed beside these bytes.
    pub(super) fn open_as(&self, sealed: &[u8], beside: &[u8]) -> Result<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(damaged)?;
        self.cipher().decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: beside }).map_err(|_| damaged())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_slice().into())
    }
}

fn damaged() -> Error {
    Error::internal("sealed content is damaged, or sealed with another key")
}

impl Keys {
    /// Makes a key for content, and what is stored of it: wrapped so that only this installation or its recovery key
    /// can use it.
    ///
    /// # Errors
    /// Internal.
    pub fn make_content_key(&self) -> Result<(ContentKey, String)> {
        let key = ContentKey(Zeroizing::new(rand::random()));
        let wrapped = self.wrap_content_key(&key)?;
        Ok((key, wrapped))
    }

    /// The key that was wrapped.
    ///
    /// # Errors
    /// Internal when it is damaged or belongs to another installation.
    pub fn content_key(&self, wrapped: &str) -> Result<ContentKey> {
        let (by_master, by_recovery) = wrapped.split_once(BETWEEN).ok_or_else(damaged)?;
        let sealed = STANDARD.decode(by_master).map_err(|_| damaged())?;
        let opened = self.0.content.iter().find_map(|master| master.open(&sealed).ok());
        let bytes = match opened {
            Some(bytes) => Zeroizing::new(bytes),
            None => self.unwrap_secret(by_recovery)?,
        };
        ContentKey::of_bytes(&bytes)
    }

    pub(super) fn wrap_content_key(&self, key: &ContentKey) -> Result<String> {
        let by_master = self.content_master()?.seal(key.0.as_slice())?;
        let by_recovery = Self::wrap_to(key.0.as_slice(), &[&self.0.recovery])?;
        Ok(format!("{}{BETWEEN}{by_recovery}", STANDARD.encode(by_master)))
    }

    /// Whether a wrapped key is one for content.
    pub(super) fn is_content_key(wrapped: &str) -> bool {
        wrapped.contains(BETWEEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::keys;

    #[test]
    fn content_opens_with_the_master_key_or_the_recovery_key_and_no_other() {
        let (folder, keys) = keys();
        let (key, wrapped) = keys.make_content_key().unwrap();
        let sealed = key.seal(b"our price is 7").unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"price"));
        assert_eq!(keys.content_key(&wrapped).unwrap().open(&sealed).unwrap(), b"our price is 7");
        let recovery = std::fs::read_to_string(folder.path().join("recovery.key")).unwrap();
        let (restored, _) = Keys::restored(tempfile::tempdir().unwrap().path(), &[recovery]).unwrap();
        assert_eq!(restored.content_key(&wrapped).unwrap().open(&sealed).unwrap(), b"our price is 7");
        assert!(self::keys().1.content_key(&wrapped).is_err());
    }

    #[test]
    fn content_with_one_bit_changed_does_not_open_and_the_same_content_never_looks_the_same() {
        let (_folder, keys) = keys();
        let (key, _) = keys.make_content_key().unwrap();
        let sealed = key.seal(b"a draft").unwrap();
        assert_ne!(sealed, key.seal(b"a draft").unwrap());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key.open(&changed).is_err(), "byte {place}");
        }
        assert!(key.open(b"short").is_err());
    }

    #[test]
    fn a_content_key_outlives_the_rotation_of_the_master() {
        let (folder, keys) = keys();
        let (key, wrapped) = keys.make_content_key().unwrap();
        let sealed = key.seal(b"a draft").unwrap();
        let next = keys.begin_rotation(folder.path()).unwrap();
        assert_eq!(next.content_key(&wrapped).unwrap().open(&sealed).unwrap(), b"a draft");
        let rewrapped = next.rewrap(&wrapped).unwrap();
        assert_ne!(rewrapped, wrapped);
        assert_eq!(next.content_key(&rewrapped).unwrap().open(&sealed).unwrap(), b"a draft");
        assert!(keys.content_key(&rewrapped).is_err(), "the old master alone no longer opens it");
    }
}
