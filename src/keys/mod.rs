//! The keys of an installation, held outside the database.
//!
//! Three files in one folder: `master.key` (age X25519 identity; unwraps every sealing key),
//! `recovery.pub` (age recipient whose secret half is kept offline), `audit.key` (Ed25519 seed that
//! signs the audit chain). Every wrapped secret is wrapped to master and recovery together, so that a
//! lost server does not lose the bids. `recovery.key` is written once, at installation, to be moved offline.
//!
//! Rotation makes a new master and wraps every key in the database anew. The old one moves to `retired/`, where it goes
//! on opening the keys of files: those travel inside sealed content, which nobody may write again. Where the master is
//! lost, the recovery key is retired in its place, and a new pair takes over.
//!
//! Public names: [`Keys`], [`NewFiles`], [`SealingKey`] for what anybody may seal, [`EnvelopeKey`] for what one writer
//! seals to it again and again, [`ContentKey`] for what only the service writes.

mod content;
mod envelope;

pub use content::ContentKey;
pub use envelope::EnvelopeKey;

use crate::error::{Error, Result};
use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The installation's keys: cheap to clone, never printed.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    master: Identity,
    /// Masters of before, which still open what cannot be wrapped anew.
    retired: Vec<Identity>,
    recovery: Recipient,
    audit: SigningKey,
    /// What wraps content keys: made from the master, and from those of before.
    content: Vec<ContentKey>,
}

impl Inner {
    fn new(master: Identity, retired: Vec<Identity>, recovery: Recipient, audit: SigningKey) -> Inner {
        let content = std::iter::once(&master).chain(&retired).map(ContentKey::of_master).collect();
        Inner { master, retired, recovery, audit, content }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// A key pair made for one part of what is sent to a call, or for one file.
pub struct SealingKey {
    /// The public half, stored in clear; anybody may seal to it.
    pub recipient: String,
    /// The secret half, wrapped to master and recovery; base64.
    pub wrapped: String,
}

impl Keys {
    /// Reads the keys of a folder, making them when the folder has none.
    ///
    /// # Errors
    /// Internal, naming the file that is missing or damaged. An incomplete folder is never completed silently.
    pub fn load_or_make(folder: &Path) -> Result<Keys> {
        std::fs::create_dir_all(folder)?;
        let missing = missing_from(folder).len();
        if missing == FILES.len() {
            let new_recovery = Identity::generate();
            write_secret(&folder.join(RECOVERY_SECRET), new_recovery.to_string().expose_secret())?;
            write_secret(&folder.join(RECOVERY), &new_recovery.to_public().to_string())?;
            let seed: [u8; 32] = rand::random();
            write_secret(&folder.join(AUDIT), &STANDARD.encode(seed))?;
            write_secret(&folder.join(MASTER), Identity::generate().to_string().expose_secret())?;
        } else if missing > 0 {
            return Err(Error::internal(format!(
                "the key folder {} is incomplete: master.key, recovery.pub and audit.key belong together",
                folder.display()
            )));
        }
        Keys::read(folder)
    }

    /// Reads the keys of a folder and makes none: for commands that look at what is there.
    ///
    /// # Errors
    /// Internal, naming the files that are missing, or the one that is damaged.
    pub fn load(folder: &Path) -> Result<Keys> {
        let missing = missing_from(folder);
        if !missing.is_empty() {
            return Err(Error::internal(format!(
                "The key folder {} lacks {}: put the keys of this installation there, or name their folder in storage.keys.",
                folder.display(),
                missing.join(", ")
            )));
        }
        Keys::read(folder)
    }

    fn read(folder: &Path) -> Result<Keys> {
        let (master, recovery, audit) = (folder.join(MASTER), folder.join(RECOVERY), folder.join(AUDIT));
        let damaged = |name: &str| Error::internal(format!("{name} in {} is damaged", folder.display()));
        let audit = signing_key(&read_trimmed(&audit)?).ok_or_else(|| damaged(AUDIT))?;
        Ok(Keys(Arc::new(Inner::new(
            Identity::from_str(&read_trimmed(&master)?).map_err(|_| damaged(MASTER))?,
            read_retired(folder)?,
            Recipient::from_str(&read_trimmed(&recovery)?).map_err(|_| damaged(RECOVERY))?,
            audit,
        ))))
    }

    /// The keys with a new master in its place and the present one retired. The new one is written to `master.next`
    /// first; [`Keys::finish_rotation`] puts it in place once the database holds what it wrapped. A rotation that was
    /// broken off goes on with the same new key.
    ///
    /// # Errors
    /// What the file system says; Internal when `master.next` is damaged.
    pub fn begin_rotation(&self, folder: &Path) -> Result<Keys> {
        let next = folder.join(NEXT);
        if !next.exists() {
            write_secret(&next, Identity::generate().to_string().expose_secret())?;
        }
        let master = Identity::from_str(&read_trimmed(&next)?)
            .map_err(|_| Error::internal(format!("{NEXT} in {} is damaged", folder.display())))?;
        let mut retired = self.0.retired.clone();
        retired.push(self.0.master.clone());
        let (recovery, audit) = (self.0.recovery.clone(), self.0.audit.clone());
        Ok(Keys(Arc::new(Inner::new(master, retired, recovery, audit))))
    }

    /// Puts `master.next` in the master's place when the database was sealed with it, and retires the old one.
    /// `None` when there is no such key: then the master key is simply the wrong one.
    ///
    /// # Errors
    /// What the file system says.
    pub fn finish_rotation(folder: &Path, known_fingerprint: &str) -> Result<Option<Keys>> {
        let (master, next) = (folder.join(MASTER), folder.join(NEXT));
        let sealed_with_it = next.exists()
            && Identity::from_str(&read_trimmed(&next)?).is_ok_and(|key| fingerprint_of(&key) == known_fingerprint);
        if !sealed_with_it {
            return Ok(None);
        }
        let old = read_trimmed(&master)?;
        std::fs::create_dir_all(folder.join(RETIRED))?;
        let kept = match Identity::from_str(&old) {
            Ok(key) => retired_path(folder, &key),
            Err(_) => folder.join(RETIRED).join("unreadable.key"),
        };
        if !kept.exists() {
            write_secret(&kept, &old)?;
        }
        std::fs::rename(&next, &master)?;
        std::fs::File::open(folder)?.sync_all()?;
        Keys::load_or_make(folder).map(Some)
    }

    /// How many masters of before are kept.
    #[must_use]
    pub fn retired(&self) -> usize {
        self.0.retired.len()
    }

    /// A wrapped key, wrapped to the present master and the recovery key.
    ///
    /// # Errors
    /// Internal when none of the masters opens it.
    pub fn rewrap(&self, wrapped: &str) -> Result<String> {
        if Self::is_content_key(wrapped) {
            return self.wrap_content_key(&self.content_key(wrapped)?);
        }
        let secret = self.unwrap_secret(wrapped)?;
        self.wrap(&secret)
    }

    /// Keys for a database whose master is lost, and the files to write before they are used. The recovery keys open
    /// what was sealed before, as retired masters; of several that an installation had in its life each opens what was
    /// sealed in its time. They lie on this machine from then on, so a new pair is made for what comes. What else the
    /// folder lacks is made too; what it has is kept. Done again after it was broken off, it goes on with what was
    /// written.
    ///
    /// # Errors
    /// Internal when a text is no secret key or a file in the folder is damaged.
    pub fn restored(folder: &Path, recovery_keys: &[String]) -> Result<(Keys, NewFiles)> {
        let lost: Vec<Identity> = recovery_keys
            .iter()
            .map(|key| Identity::from_str(key.trim()))
            .collect::<Result<_, _>>()
            .map_err(|_| Error::internal("This is not a recovery key: it begins with AGE-SECRET-KEY-1."))?;
        let text = |key: &Identity| Zeroizing::new(key.to_string().expose_secret().to_owned());
        let kept = |name: &str| -> Result<Option<Zeroizing<String>>> {
            let path = folder.join(name);
            if path.exists() { read_trimmed(&path).map(|text| Some(Zeroizing::new(text))) } else { Ok(None) }
        };
        let damaged = |name: &str| Error::internal(format!("{name} in {} is damaged", folder.display()));
        let mut files: Vec<_> = lost.iter().map(|key| (retired_path(folder, key), text(key))).collect();
        let mut retired = read_retired(folder)?;
        retired.extend(lost.iter().cloned());
        let recovery = match kept(RECOVERY)? {
            Some(public) if lost.iter().all(|key| *public != key.to_public().to_string()) => {
                Recipient::from_str(&public).map_err(|_| damaged(RECOVERY))?
            }
            _ => {
                let new = Identity::generate();
                files.push((folder.join(RECOVERY_SECRET), text(&new)));
                files.push((folder.join(RECOVERY), Zeroizing::new(new.to_public().to_string())));
                new.to_public()
            }
        };
        let seed = match kept(AUDIT)? {
            Some(seed) => seed,
            None => {
                let seed = Zeroizing::new(STANDARD.encode(rand::random::<[u8; 32]>()));
                files.push((folder.join(AUDIT), seed.clone()));
                seed
            }
        };
        let audit = signing_key(&seed).ok_or_else(|| damaged(AUDIT))?;
        let master = match kept(MASTER)? {
            Some(secret) => Identity::from_str(&secret).map_err(|_| damaged(MASTER))?,
            None => {
                let new = Identity::generate();
                files.push((folder.join(MASTER), text(&new)));
                new
            }
        };
        Ok((Keys(Arc::new(Inner::new(master, retired, recovery, audit))), NewFiles(files)))
    }

    /// Whether the key folder has the master of this fingerprint, in its place or about to be put there by a rotation
    /// that was broken off.
    #[must_use]
    pub fn has_master(folder: &Path, known_fingerprint: &str) -> bool {
        [MASTER, NEXT].iter().any(|name| {
            let text = read_trimmed(&folder.join(name)).unwrap_or_default();
            Identity::from_str(&text).is_ok_and(|key| fingerprint_of(&key) == known_fingerprint)
        })
    }

    /// A fingerprint of the master key that the database remembers, so that start-up can refuse a wrong one.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint_of(&self.0.master)
    }

    /// Makes a key pair whose secret half only this installation or its recovery key can use.
    ///
    /// # Errors
    /// Internal.
    pub fn make_sealing_key(&self) -> Result<SealingKey> {
        let identity = Identity::generate();
        let wrapped = self.wrap(identity.to_string().expose_secret().as_bytes())?;
        Ok(SealingKey { recipient: identity.to_public().to_string(), wrapped })
    }

    /// Seals bytes to the public half of a sealing key.
    ///
    /// # Errors
    /// Internal when the recipient is damaged.
    pub fn seal(recipient: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let recipient = Recipient::from_str(recipient).map_err(Error::internal)?;
        Ok(age::encrypt(&recipient, plain)?)
    }

    /// Opens what was sealed to a wrapped key, directly or by an [`EnvelopeKey`].
    ///
    /// # Errors
    /// Internal when the key or the ciphertext is damaged or belongs to another installation.
    pub fn open(&self, wrapped: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let secret = self.unwrap_secret(wrapped)?;
        let identity = Identity::from_str(&String::from_utf8_lossy(&secret)).map_err(Error::internal)?;
        match envelope::parts(sealed)? {
            Some(envelope::Parts { front, key, content }) => {
                ContentKey::of_bytes(&Zeroizing::new(age::decrypt(&identity, key)?))?.open_as(content, front)
            }
            None => Ok(age::decrypt(&identity, sealed)?),
        }
    }

    /// What wraps content keys from now on.
    fn content_master(&self) -> Result<&ContentKey> {
        self.0.content.first().ok_or_else(|| Error::internal("there is no master key"))
    }

    fn wrap(&self, secret: &[u8]) -> Result<String> {
        let master = self.0.master.to_public();
        Self::wrap_to(secret, &[&master, &self.0.recovery])
    }

    fn wrap_to(secret: &[u8], recipients: &[&dyn age::Recipient]) -> Result<String> {
        let encryptor = age::Encryptor::with_recipients(recipients.iter().copied())?;
        let mut wrapped = Vec::new();
        let mut writer = encryptor.wrap_output(&mut wrapped)?;
        writer.write_all(secret)?;
        writer.finish()?;
        Ok(STANDARD.encode(wrapped))
    }

    fn unwrap_secret(&self, wrapped: &str) -> Result<Zeroizing<Vec<u8>>> {
        let bytes = STANDARD.decode(wrapped).map_err(|_| Error::internal("a wrapped key is damaged"))?;
        let decryptor = age::Decryptor::new(&bytes[..])?;
        let identities = std::iter::once(&self.0.master).chain(&self.0.retired);
        let mut secret = Zeroizing::new(Vec::new());
        decryptor.decrypt(identities.map(|key| -> &dyn age::Identity { key }))?.read_to_end(&mut secret)?;
        Ok(secret)
    }

    /// Signs bytes with the audit key; base64.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.audit.sign(message).to_bytes())
    }

    /// The public half of the audit key, base64, for people who verify elsewhere.
    #[must_use]
    pub fn audit_public(&self) -> String {
        STANDARD.encode(self.0.audit.verifying_key().to_bytes())
    }

    /// Whether a signature is this installation's.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &str) -> bool {
        verify(&self.0.audit.verifying_key(), message, signature)
    }
}

const MASTER: &str = "master.key";
const RECOVERY: &str = "recovery.pub";
/// The secret half of `recovery.pub`, here only until it is moved offline.
const RECOVERY_SECRET: &str = "recovery.key";
const AUDIT: &str = "audit.key";
/// What a key folder holds, all or nothing.
const FILES: [&str; 3] = [MASTER, RECOVERY, AUDIT];

/// Which of its files a key folder lacks.
fn missing_from(folder: &Path) -> Vec<&'static str> {
    FILES.into_iter().filter(|name| !folder.join(name).exists()).collect()
}

/// The master of a rotation that has begun.
const NEXT: &str = "master.next";
/// Folder of the masters of before.
const RETIRED: &str = "retired";

fn fingerprint_of(master: &Identity) -> String {
    hex::encode(Sha256::digest(master.to_public().to_string()))
}

fn retired_path(folder: &Path, master: &Identity) -> PathBuf {
    let name = fingerprint_of(master);
    folder.join(RETIRED).join(format!("{}.key", name.get(..16).unwrap_or(&name)))
}

/// The audit key of its stored seed.
fn signing_key(seed: &str) -> Option<SigningKey> {
    let seed = STANDARD.decode(seed).ok()?;
    Some(SigningKey::from_bytes(&seed.try_into().ok()?))
}

/// Files of a key folder that [`Keys::restored`] needs and that are not written yet.
pub struct NewFiles(Vec<(PathBuf, Zeroizing<String>)>);

impl NewFiles {
    /// Writes them, each in the place of one that is no longer used, the master last, so that they outlast a loss of
    /// power.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self) -> Result<()> {
        for (path, text) in &self.0 {
            let Some(folder) = path.parent() else { continue };
            std::fs::create_dir_all(folder)?;
            let beside = path.with_extension("new");
            if beside.exists() {
                std::fs::remove_file(&beside)?;
            }
            write_secret(&beside, text)?;
            std::fs::rename(&beside, path)?;
            for above in folder.ancestors().take(3).filter(|above| above.is_dir()) {
                std::fs::File::open(above)?.sync_all()?;
            }
        }
        Ok(())
    }

    /// Whether a file of this name is among them.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.0.iter().any(|(path, _)| path.ends_with(name))
    }
}

fn read_retired(folder: &Path) -> Result<Vec<Identity>> {
    let folder = folder.join(RETIRED);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths: Vec<_> = std::fs::read_dir(&folder)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "key"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        Identity::from_str(&read_trimmed(path)?).map_err(|_| Error::internal(format!("{} is damaged", path.display())))
    };
    paths.iter().map(read).collect()
}

/// Whether a signature of some bytes fits a public key, both in base64. For those who verify elsewhere.
#[must_use]
pub fn verify_with(public_key: &str, message: &[u8], signature: &str) -> bool {
    let bytes = STANDARD.decode(public_key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).is_some_and(|key| verify(&key, message, signature))
}

fn verify(key: &VerifyingKey, message: &[u8], signature: &str) -> bool {
    STANDARD
        .decode(signature)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .is_some_and(|signature| key.verify(message, &signature).is_ok())
}

fn read_trimmed(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|e| Error::internal(format!("{} cannot be read: {e}", path.display())))
}

fn write_secret(path: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a new installation, and their folder.
    pub(super) fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_make(folder.path()).unwrap();
        (folder, keys)
    }

    #[test]
    fn what_is_sealed_opens_with_the_master_key_or_the_recovery_key_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_make(folder.path()).unwrap();
        let key = keys.make_sealing_key().unwrap();
        let sealed = Keys::seal(&key.recipient, b"our price is 7").unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"price"));
        assert_eq!(keys.open(&key.wrapped, &sealed).unwrap(), b"our price is 7");
        let recovery = std::fs::read_to_string(folder.path().join("recovery.key")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let (restored, files) = Keys::restored(elsewhere.path(), std::slice::from_ref(&recovery)).unwrap();
        assert_eq!(restored.open(&key.wrapped, &sealed).unwrap(), b"our price is 7");
        assert!(Keys::load(elsewhere.path()).is_err(), "nothing is written before it is asked for");
        files.write().unwrap();
        let kept = Keys::load(elsewhere.path()).unwrap();
        assert_eq!(kept.fingerprint(), restored.fingerprint());
        let (again, nothing_new) = Keys::restored(elsewhere.path(), std::slice::from_ref(&recovery)).unwrap();
        assert_eq!(again.fingerprint(), kept.fingerprint());
        assert!(!nothing_new.holds("master.key") && !nothing_new.holds("recovery.pub"));
        let stranger = Keys::load_or_make(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(stranger.open(&key.wrapped, &sealed).is_err());
        assert_ne!(stranger.fingerprint(), keys.fingerprint());
    }

    #[test]
    fn the_same_folder_gives_the_same_keys_and_an_incomplete_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_make(folder.path()).unwrap();
        assert_eq!(Keys::load_or_make(folder.path()).unwrap().fingerprint(), keys.fingerprint());
        std::fs::remove_file(folder.path().join("master.key")).unwrap();
        assert!(Keys::load_or_make(folder.path()).is_err());
        let said = Keys::load(folder.path()).unwrap_err().to_string();
        assert!(said.contains(" lacks master.key: "), "{said}");
    }

    #[test]
    fn keys_that_are_only_read_are_never_made() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("keys");
        let said = Keys::load(&inside).unwrap_err().to_string();
        assert!(said.contains(" lacks master.key, recovery.pub, audit.key: "), "{said}");
        assert!(!inside.exists());
        let made = Keys::load_or_make(&inside).unwrap();
        assert_eq!(Keys::load(&inside).unwrap().fingerprint(), made.fingerprint());
    }

    #[test]
    fn a_signature_of_other_words_does_not_verify() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_make(folder.path()).unwrap();
        let signature = keys.sign(b"head 7");
        assert!(keys.verify(b"head 7", &signature));
        assert!(!keys.verify(b"head 8", &signature));
    }
}
