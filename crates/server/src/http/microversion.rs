//! Microversions: which one a request asks for, and whether it is offered.

use std::fmt;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use axum::http::request::Parts;

use crate::http::refusal::{Refusal, quote};

/// `OpenStack-API-Version`: `compute 2.53`, or several services with commas between.
pub const VERSION_HEADER: HeaderName = HeaderName::from_static("openstack-api-version");

/// A version of one service's API, such as 2.53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Microversion {
    pub major: u32,
    pub minor: u32,
}

impl Microversion {
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Microversion { major, minor }
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text is not of the form `2.53`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl FromStr for Microversion {
    type Err = Malformed;

    /// Two decimal numbers without leading zeros. A number too large to hold is well-formed and as good as
    /// any other that no service offers.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let canonical = digits == "0" || !digits.starts_with('0');
            (plain && canonical).then(|| digits.parse().unwrap_or(u32::MAX)).ok_or(Malformed)
        };
        let (major, minor) = text.split_once('.').ok_or(Malformed)?;
        Ok(Microversion { major: number(major)?, minor: number(minor)? })
    }
}

impl<S: Sync> FromRequestParts<S> for Microversion {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let found = parts.extensions.get::<Microversion>().copied();
        Ok(found.expect("the outermost layer puts a version into every request of a service that has them"))
    }
}

/// A version, and what came with it.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub version: Microversion,
    pub what: &'static str,
}

/// The versions that a service offers, oldest first and without a gap.
#[derive(Debug)]
pub struct Versions {
    /// The service's name in `OpenStack-API-Version`.
    pub service_type: &'static str,
    /// The header of before that one, where the service had its own.
    pub legacy: Option<HeaderName>,
    pub list: &'static [Change],
}

impl Versions {
    #[must_use]
    pub fn min(&self) -> Microversion {
        self.list.first().expect("a service with versions offers at least one").version
    }

    #[must_use]
    pub fn max(&self) -> Microversion {
        self.list.last().expect("a service with versions offers at least one").version
    }

    /// The version to serve: the oldest unless the request names one.
    ///
    /// # Errors
    /// 400 for what is no version, 406 for one that is not offered.
    pub fn negotiate(&self, headers: &HeaderMap) -> Result<Microversion, Refusal> {
        let Some(text) = self.asked(headers) else { return Ok(self.min()) };
        if text == "latest" {
            return Ok(self.max());
        }
        let version: Microversion = text.parse().map_err(|Malformed| {
            let text = quote(text);
            Refusal::bad_request(format!(
                "API version `{text}` is malformed: it must be `latest` or two numbers with a dot between, such as {}",
                self.max()
            ))
        })?;
        if version < self.min() || version > self.max() {
            let (min, max) = (self.min(), self.max());
            let sentence = format!(
                "API version {version} is not offered: the oldest offered is {min}, the newest {max}"
            );
            return Err(Refusal::not_acceptable(sentence)
                .with("min_version", min.to_string())
                .with("max_version", max.to_string()));
        }
        Ok(version)
    }

    /// The version that the headers name for this service, as written.
    fn asked<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let common = headers
            .get_all(VERSION_HEADER)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|one| {
                let (service, version) =
                    one.trim().split_once(char::is_whitespace).unwrap_or((one.trim(), ""));
                service.eq_ignore_ascii_case(self.service_type).then_some(version.trim())
            })
            .next_back();
        let legacy = || headers.get(self.legacy.as_ref()?)?.to_str().ok().map(str::trim);
        common.or_else(legacy)
    }
}
