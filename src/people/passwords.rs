//! Passwords (argon2id) and one-time secrets.

use crate::error::{Error, Result};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};

/// 19 MiB, two passes, one lane: the lower of the two settings that OWASP names for argon2id.
fn argon() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password, in PHC form with its own salt.
pub(super) fn hash(password: &str) -> Result<String> {
    Ok(argon()?.hash_password(password.as_bytes()).map_err(|e| Error::internal(e.to_string()))?.to_string())
}

/// Whether a password is the one that was hashed.
pub(super) fn matches(password: &str, hashed: &str) -> bool {
    PasswordHash::new(hashed).is_ok_and(|known| Argon2::default().verify_password(password.as_bytes(), &known).is_ok())
}

/// A hash that no password gives, so that an unknown address takes as long as a known one.
pub(super) fn nobody() -> &'static str {
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$3qzNl2cQXhM0i4rPjN1mH4cJv8k1n0yq3xq6Qn0d9zE"
}

/// A one-time secret for a link or a token, and the hash that is stored of it.
pub(super) fn secret(prefix: &str) -> (String, String) {
    let secret = format!("{prefix}{}", hex::encode(rand::random::<[u8; 32]>()));
    let hashed = secret_hash(&secret);
    (secret, hashed)
}

/// What is stored of a one-time secret.
pub(super) fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_only_itself_and_two_hashes_of_it_differ() {
        let one = hash("correct horse battery").unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(matches("correct horse battery", &one));
        assert!(!matches("correct horse batter", &one));
        assert_ne!(one, hash("correct horse battery").unwrap());
        assert!(!matches("", nobody()));
        assert!(PasswordHash::new(nobody()).is_ok());
    }
}
