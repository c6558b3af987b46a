//! The agents' keys: each host has one, the configuration has its SHA-256.
//!
//! A key is 256 random bits, so a plain hash is enough: there is nothing to guess.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use steadfast_model::ids::HostId;
use subtle::ConstantTimeEq;

use crate::http::refusal::Refusal;

/// The least characters of a key: 128 bits in hexadecimal. A shorter one could be found by trying.
pub const KEY_CHARS_MIN: usize = 32;

/// A key as an agent sends it.
#[derive(Clone)]
pub struct AgentKey(String);

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentKey(…)")
    }
}

/// The SHA-256 of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

/// A text is no hash of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an agent's key hash is 64 hexadecimal digits, the SHA-256 of its key")]
pub struct KeyHashError;

/// A text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an agent's key has at least {KEY_CHARS_MIN} characters, printable ASCII without spaces")]
pub struct AgentKeyError;

impl AgentKey {
    /// # Errors
    /// When the text is too short, or could not stand in a header.
    pub fn parse(text: &str) -> Result<AgentKey, AgentKeyError> {
        let strong = text.len() >= KEY_CHARS_MIN && text.bytes().all(|byte| byte.is_ascii_graphic());
        strong.then(|| AgentKey(text.to_owned())).ok_or(AgentKeyError)
    }

    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl KeyHash {
    /// # Errors
    /// When the text is not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<KeyHash, KeyHashError> {
        let mut hash = [0; 32];
        match base16(text, &mut hash) {
            Some(()) => Ok(KeyHash(hash)),
            None => Err(KeyHashError),
        }
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn base16(text: &str, bytes: &mut [u8; 32]) -> Option<()> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(())
}

/// Which key belongs to which host.
#[derive(Debug, Clone, Default)]
pub struct AgentKeys(BTreeMap<HostId, KeyHash>);

impl AgentKeys {
    #[must_use]
    pub fn new(keys: BTreeMap<HostId, KeyHash>) -> Self {
        AgentKeys(keys)
    }

    /// Whether the key is this host's. A host that has none takes as long to refuse.
    #[must_use]
    pub fn opens(&self, host: &HostId, key: &AgentKey) -> bool {
        let (hash, known) = (key.hash(), self.0.get(host));
        let expected = known.map_or([0; 32], |known| known.0);
        bool::from(hash.0.ct_eq(&expected)) && known.is_some()
    }

    /// Whether the key is any host's: who has none is not listened to.
    #[must_use]
    pub fn knows(&self, key: &AgentKey) -> bool {
        let hash = key.hash();
        let any = self.0.values().fold(subtle::Choice::from(0), |any, known| any | hash.0.ct_eq(&known.0));
        any.into()
    }
}

/// The key that a request carries.
///
/// # Errors
/// 401 without one.
pub fn carried(headers: &HeaderMap, keys: &AgentKeys) -> Result<AgentKey, Refusal> {
    let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = text.and_then(|text| text.strip_prefix("Bearer ")).and_then(|text| AgentKey::parse(text).ok());
    key.filter(|key| keys.knows(key)).ok_or_else(|| {
        Refusal::unauthorized(
            "the request carries no agent's key: send the key of the host as `Authorization: Bearer KEY`, and put \
             its SHA-256 into the control plane's configuration",
        )
    })
}
