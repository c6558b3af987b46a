//! Passwords: argon2id hashes in PHC form, and the desk that checks them a few at a time.

use std::fmt;
use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use tokio::sync::Semaphore;

use crate::http::limit::{PASSWORD_BYTES_MAX, PASSWORD_CHECKS_MAX};
use crate::identity::secret::Secret;

/// How many bytes of salt a new hash gets: what the PHC form recommends.
pub const SALT_BYTES: usize = 16;

/// The most memory that a hash may ask for, in KiB, and the most passes over it. A users file is trusted, but a
/// mistyped cost should not take the machine down with the first login.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;

/// A hash of a password, with its salt and costs.
#[derive(Clone)]
pub struct PasswordHash(phc::PasswordHash);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl PasswordHash {
    /// Reads an argon2 hash in PHC form, such as `$argon2id$v=19$m=19456,t=2,p=1$…`.
    #[must_use]
    pub fn parse(text: &str) -> Option<PasswordHash> {
        let hash = phc::PasswordHash::new(text).ok()?;
        argon2::Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let costs = argon2::Params::try_from(&hash).ok()?;
        let whole = hash.salt.is_some() && hash.hash.is_some();
        let bearable = costs.m_cost() <= MEMORY_KIB_MAX && costs.t_cost() <= PASSES_MAX;
        (whole && bearable).then_some(PasswordHash(hash))
    }

    /// Hashes a password with fresh random salt.
    #[must_use]
    pub fn of(password: &Secret, salt: [u8; SALT_BYTES]) -> PasswordHash {
        let hash: phc::PasswordHash = Argon2::default()
            .hash_password_with_salt(password.reveal().as_bytes(), &salt)
            .expect("any password and a salt of the recommended length can be hashed");
        PasswordHash(hash)
    }

    /// The PHC form, for the users file.
    #[must_use]
    pub fn phc(&self) -> String {
        self.0.to_string()
    }

    fn matches(&self, password: &Secret) -> bool {
        Argon2::default().verify_password(password.reveal().as_bytes(), &self.0).is_ok()
    }
}

/// What an unknown user's password is compared with, so that it takes as long to refuse as a wrong one.
static NOBODY: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::of(&Secret::from(String::new()), [0; SALT_BYTES]));

/// Checks passwords beside the async threads, [`PASSWORD_CHECKS_MAX`] at a time.
#[derive(Debug)]
pub struct PasswordDesk(Arc<Semaphore>);

impl Default for PasswordDesk {
    fn default() -> Self {
        PasswordDesk::new()
    }
}

impl PasswordDesk {
    #[must_use]
    pub fn new() -> Self {
        PasswordDesk(Arc::new(Semaphore::new(PASSWORD_CHECKS_MAX)))
    }

    /// Whether the password is the one of the hash. Without a hash it never is, after the same work.
    pub async fn check(&self, hash: Option<PasswordHash>, password: Secret) -> bool {
        if password.reveal().len() > PASSWORD_BYTES_MAX {
            return false;
        }
        let permit = Arc::clone(&self.0).acquire_owned().await.expect("the desk never closes");
        let checked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let known = hash.is_some();
            hash.unwrap_or_else(|| NOBODY.clone()).matches(&password) && known
        });
        checked.await.expect("checking a password does not panic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2_in_full() {
        let made = PasswordHash::of(&Secret::from("secret".to_owned()), [7; SALT_BYTES]).phc();
        let read = PasswordHash::parse(&made).expect("what was written can be read");
        assert!(read.matches(&Secret::from("secret".to_owned())));
        assert!(!read.matches(&Secret::from("Secret".to_owned())));
        let heavy = made.replace("m=19456", "m=4194304");
        let cut = made.rsplit_once('$').expect("four parts").0.to_owned();
        for refused in
            ["", "secret", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=1$c2FsdA", &heavy, &cut]
        {
            assert!(PasswordHash::parse(refused).is_none(), "{refused}");
        }
    }
}
