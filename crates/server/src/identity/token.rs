//! Tokens: what was granted, signed with the site's key and handed out. Nothing is stored.
//!
//! A token names a user and perhaps a project; roles are looked up when it is used, so that a change of the users
//! file holds at once. Its form is two words of base64 with a dot between: the grant as JSON, and its HMAC-SHA256.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use steadfast_model::ids::{Moment, ProjectId, UserId};
use uuid::Uuid;

/// How long a token counts. Longer makes a leaked one worse; shorter makes clients log in more often, which costs a
/// password check each.
pub const TOKEN_LIFETIME_US: i64 = 60 * 60 * 1_000_000;

/// The longest token that is looked at; ours are under 600 bytes with the longest names.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// The least bytes of a site's key. Fewer could be found by trying.
pub const SITE_KEY_BYTES_MIN: usize = 32;

/// Says what is signed, so that a signature for anything else is none for a token.
const SIGNED_AS: &[u8] = b"steadfast token 1\0";

/// How a user proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Password,
    Token,
}

impl Method {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Token => "token",
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub user: UserId,
    pub project: Option<ProjectId>,
    pub methods: Vec<Method>,
    pub issued_at: Moment,
    pub expires_at: Moment,
    /// Names the token in audits, where the token itself must not stand.
    pub audit_id: Uuid,
}

/// Why a text is no valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not one that this site made")]
    Forged,
    #[error("the token has expired")]
    Expired,
}

/// A site's key is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the site's key has {0} bytes; at least {SITE_KEY_BYTES_MIN} random ones are needed, such as `head -c 32 /dev/urandom` writes"
)]
pub struct SiteKeyError(usize);

/// Signs tokens and knows its own again.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// All control planes of a site share one key.
    ///
    /// # Errors
    /// When the key is too short.
    pub fn new(site_key: &[u8]) -> Result<Signer, SiteKeyError> {
        if site_key.len() < SITE_KEY_BYTES_MIN {
            return Err(SiteKeyError(site_key.len()));
        }
        Ok(Signer(Hmac::new_from_slice(site_key).expect("HMAC takes a key of any length")))
    }

    #[must_use]
    pub fn sign(&self, token: &Token) -> String {
        let grant = serde_json::to_vec(token).expect("a token has text keys only");
        let mac = self.mac(&grant).finalize().into_bytes();
        format!("{}.{}", Base64UrlUnpadded::encode_string(&grant), Base64UrlUnpadded::encode_string(&mac))
    }

    /// Reads a token back. The signature is compared in constant time, before anything inside is looked at.
    ///
    /// # Errors
    /// When it is not ours, or not valid any more.
    pub fn open(&self, text: &str, now: Moment) -> Result<Token, TokenError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Forged);
        }
        let (grant, mac) = text.split_once('.').ok_or(TokenError::Forged)?;
        let grant = Base64UrlUnpadded::decode_vec(grant).map_err(|_| TokenError::Forged)?;
        let mac = Base64UrlUnpadded::decode_vec(mac).map_err(|_| TokenError::Forged)?;
        self.mac(&grant).verify_slice(&mac).map_err(|_| TokenError::Forged)?;
        let token: Token = serde_json::from_slice(&grant).map_err(|_| TokenError::Forged)?;
        if now >= token.expires_at {
            return Err(TokenError::Expired);
        }
        Ok(token)
    }

    fn mac(&self, grant: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(SIGNED_AS).chain_update(grant)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signer(byte: u8) -> Signer {
        Signer::new(&[byte; SITE_KEY_BYTES_MIN]).expect("long enough")
    }

    fn token() -> Token {
        Token {
            user: "u1".parse().expect("a name"),
            project: Some("p1".parse().expect("a name")),
            methods: vec![Method::Password],
            issued_at: Moment(1),
            expires_at: Moment(100),
            audit_id: Uuid::from_u128(7),
        }
    }

    #[test]
    fn a_token_counts_until_it_expires_wherever_the_key_is() {
        let text = signer(1).sign(&token());
        assert_eq!(signer(1).open(&text, Moment(99)), Ok(token()));
        assert_eq!(signer(1).open(&text, Moment(100)), Err(TokenError::Expired));
        assert_eq!(signer(2).open(&text, Moment(99)), Err(TokenError::Forged));
        assert_eq!(Signer::new(&[1; SITE_KEY_BYTES_MIN - 1]).map(|_| ()), Err(SiteKeyError(31)));
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        let text = signer(1).sign(&token());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).expect("ASCII");
            assert_eq!(signer(1).open(&forged, Moment(1)), Err(TokenError::Forged), "at {at}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in "[A-Za-z0-9_-]{0,80}\\.?[A-Za-z0-9_-]{0,80}|\\PC*") {
            prop_assert_eq!(signer(1).open(&text, Moment(1)), Err(TokenError::Forged));
        }
    }
}
