//! Keys for what one writer seals to a sealing key again and again.
//!
//! An exchange of keys (X25519) costs more than all else that sealing an envelope does. An [`EnvelopeKey`] is exchanged
//! once and seals many: symmetric (XChaCha20-Poly1305), and sealed itself by age to the sealing key. That sealed form
//! lies in front of each envelope, so that an envelope and the secret half of the sealing key are enough to open it.
//!
//! Bytes of an envelope: [`MARK`], the length of the sealed key (two bytes, the more significant first), the sealed key
//! (an age file of 32 bytes), then nonce (24 bytes), ciphertext and tag (16 bytes) of the content, with all that lies
//! before the nonce as its associated data. Envelopes of before this form was introduced are age files themselves.

use super::{ContentKey, Keys};
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What an envelope begins with; an age file begins otherwise.
const MARK: &[u8] = b"commonweal envelope/1\n";

/// A key that seals for one sealing key. It is secret, and is kept only inside what is sealed itself. Never printed;
/// wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeKey {
    /// Public half of the sealing key.
    recipient: String,
    /// The key; base64.
    key: Zeroizing<String>,
    /// The key, sealed to the sealing key; base64.
    sealed: String,
}

impl std::fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvelopeKey(..)")
    }
}

impl EnvelopeKey {
    /// Makes a key for the public half of a sealing key.
    ///
    /// # Errors
    /// Internal when the recipient is damaged.
    pub fn make(recipient: &str) -> Result<EnvelopeKey> {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
        Ok(EnvelopeKey {
            recipient: recipient.to_owned(),
            sealed: STANDARD.encode(Keys::seal(recipient, key.as_slice())?),
            key: Zeroizing::new(STANDARD.encode(key.as_slice())),
        })
    }

    /// Whether what it seals is opened by the secret half that belongs to this public one.
    #[must_use]
    pub fn is_for(&self, recipient: &str) -> bool {
        self.recipient == recipient
    }

    /// Seals bytes into an envelope, which [`Keys::open`] opens.
    ///
    /// # Errors
    /// Internal for a key that is damaged.
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let damaged = |_| Error::internal("an envelope key is damaged");
        let content = ContentKey::of_bytes(&Zeroizing::new(STANDARD.decode(self.key.as_bytes()).map_err(damaged)?))?;
        let key = STANDARD.decode(&self.sealed).map_err(damaged)?;
        let length = u16::try_from(key.len())?.to_be_bytes();
        let front = [MARK, &length, &key].concat();
        let sealed = content.seal_as(plain, &front)?;
        Ok([front, sealed].concat())
    }
}

/// What an envelope is made of.
pub(super) struct Parts<'a> {
    /// All that lies in front of the sealed content, which opens only beside it.
    pub front: &'a [u8],
    /// The sealed key, the last of the front.
    pub key: &'a [u8],
    /// The sealed content.
    pub content: &'a [u8],
}

/// The parts of an envelope; `None` for an age file.
pub(super) fn parts(envelope: &[u8]) -> Result<Option<Parts<'_>>> {
    let Some(rest) = envelope.strip_prefix(MARK) else { return Ok(None) };
    let damaged = || Error::internal("an envelope is damaged");
    let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(damaged)?;
    let (key, content) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(damaged)?;
    Ok(Some(Parts { front: &envelope[..envelope.len() - content.len()], key, content }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::keys;

    #[test]
    fn an_envelope_opens_with_the_key_of_its_part_by_master_or_recovery_key_and_no_other() {
        let (folder, keys) = keys();
        let (quality, price) = (keys.make_sealing_key().unwrap(), keys.make_sealing_key().unwrap());
        let key = EnvelopeKey::make(&price.recipient).unwrap();
        assert!(key.is_for(&price.recipient) && !key.is_for(&quality.recipient));
        let sealed = key.seal(b"our price is 7").unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"price"));
        assert_eq!(keys.open(&price.wrapped, &sealed).unwrap(), b"our price is 7");
        assert!(keys.open(&quality.wrapped, &sealed).is_err(), "who may read the quality part does not read the price");
        let recovery = std::fs::read_to_string(folder.path().join("recovery.key")).unwrap();
        let (restored, _) = Keys::restored(tempfile::tempdir().unwrap().path(), &[recovery]).unwrap();
        assert_eq!(restored.open(&price.wrapped, &sealed).unwrap(), b"our price is 7");
        assert!(self::keys().1.open(&price.wrapped, &sealed).is_err());
    }

    #[test]
    fn keys_are_exchanged_once_and_content_sealed_again_never_looks_the_same() {
        let (_folder, keys) = keys();
        let part = keys.make_sealing_key().unwrap();
        let key = EnvelopeKey::make(&part.recipient).unwrap();
        let stored = serde_json::to_string(&key).unwrap();
        let read: EnvelopeKey = serde_json::from_str(&stored).unwrap();
        let envelopes = [key.seal(b"the same words").unwrap(), read.seal(b"the same words").unwrap()];
        let [one, two] = envelopes.each_ref().map(|envelope| parts(envelope).unwrap().unwrap());
        assert_eq!(one.front, two.front);
        assert!(one.content.windows(8).all(|window| !two.content.windows(8).any(|other| other == window)));
        for envelope in &envelopes {
            assert_eq!(keys.open(&part.wrapped, envelope).unwrap(), b"the same words");
        }
    }

    #[test]
    fn an_envelope_with_one_bit_changed_or_cut_short_does_not_open_and_neither_does_one_with_anothers_key_before_it() {
        let (_folder, keys) = keys();
        let part = keys.make_sealing_key().unwrap();
        let [own, other] = [(); 2].map(|()| EnvelopeKey::make(&part.recipient).unwrap().seal(b"a bid").unwrap());
        for place in 0..own.len() {
            let mut changed = own.clone();
            changed[place] ^= 1;
            assert!(keys.open(&part.wrapped, &changed).is_err(), "byte {place}");
            assert!(keys.open(&part.wrapped, &own[..place]).is_err(), "cut before byte {place}");
        }
        let exchanged = [parts(&other).unwrap().unwrap().front, parts(&own).unwrap().unwrap().content].concat();
        assert!(keys.open(&part.wrapped, &exchanged).is_err());
    }

    #[test]
    fn an_envelope_of_before_which_is_an_age_file_still_opens() {
        let (_folder, keys) = keys();
        let part = keys.make_sealing_key().unwrap();
        let sealed = Keys::seal(&part.recipient, b"sent in November").unwrap();
        assert!(parts(&sealed).unwrap().is_none());
        assert_eq!(keys.open(&part.wrapped, &sealed).unwrap(), b"sent in November");
    }

    #[test]
    fn an_envelope_key_is_not_printed() {
        let (_folder, keys) = keys();
        let key = EnvelopeKey::make(&keys.make_sealing_key().unwrap().recipient).unwrap();
        assert_eq!(format!("{key:?}"), "EnvelopeKey(..)");
    }
}
