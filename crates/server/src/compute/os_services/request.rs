//! What operators change of a service, by version: from 2.53 on fields of the one service, before that by verbs.

use serde::Deserialize;
use serde_json::Value;

use crate::http::body::shaped;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute::{SERVICE_FORCED_DOWN, UUIDS};

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 255;

/// What shall become of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Some(None) enables; Some(reason) disables.
    pub disabled: Option<Option<String>>,
    pub forced_down: Option<bool>,
}

/// Which service, and how it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Id(String),
    Host(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Enabled,
    Disabled,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    status: Option<Status>,
    disabled_reason: Option<String>,
    forced_down: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    host: String,
    binary: String,
    disabled_reason: Option<String>,
    forced_down: Option<bool>,
}

/// # Errors
/// 400 for a change of nothing or of something that makes no sense, 404 for a verb that there is not.
pub fn parse(version: Microversion, segment: String, body: Value) -> Result<(Which, Change), Refusal> {
    if version >= UUIDS { Ok((Which::Id(segment), fields(body)?)) } else { verb(version, &segment, body) }
}

fn fields(body: Value) -> Result<Change, Refusal> {
    let Fields { status, disabled_reason, forced_down } = shaped(body)?;
    if status.is_none() && disabled_reason.is_none() && forced_down.is_none() {
        return Err(Refusal::bad_request(
            "the body changes nothing: send status, disabled_reason or forced_down",
        ));
    }
    let disabled = match (status, disabled_reason) {
        (Some(Status::Disabled), reason) => Some(Some(reason.map_or(Ok(String::new()), checked)?)),
        (Some(Status::Enabled), None) => Some(None),
        (None, None) => None,
        (Some(Status::Enabled) | None, Some(_)) => {
            return Err(Refusal::bad_request(
                "the body is refused at `disabled_reason`: it goes with the status `disabled` only",
            ));
        }
    };
    Ok(Change { disabled, forced_down })
}

fn verb(version: Microversion, verb: &str, body: Value) -> Result<(Which, Change), Refusal> {
    let known = match verb {
        "enable" | "disable" | "disable-log-reason" => true,
        "force-down" => version >= SERVICE_FORCED_DOWN,
        _ => false,
    };
    if !known {
        let verb = quote(verb);
        return Err(Refusal::not_found(format!("there is no {verb} of services at API version {version}")));
    }
    let Named { host, binary, disabled_reason, forced_down } = shaped(body)?;
    if binary != super::view::BINARY {
        let binary = quote(&binary);
        return Err(Refusal::not_found(format!("there is no service {binary} on {}", quote(&host))));
    }
    let change = match (verb, disabled_reason, forced_down) {
        ("enable", None, None) => Change { disabled: Some(None), ..Change::default() },
        ("disable", None, None) => Change { disabled: Some(Some(String::new())), ..Change::default() },
        ("disable-log-reason", Some(reason), None) => {
            Change { disabled: Some(Some(checked(reason)?)), ..Change::default() }
        }
        ("force-down", None, Some(down)) => Change { forced_down: Some(down), ..Change::default() },
        (_, _, _) => {
            return Err(Refusal::bad_request(format!(
                "the body is refused: {verb} takes host, binary, and disabled_reason or forced_down where its name says so"
            )));
        }
    };
    Ok((Which::Host(host), change))
}

fn checked(reason: String) -> Result<String, Refusal> {
    let good =
        (1..=REASON_CHARS_MAX).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    if good {
        return Ok(reason);
    }
    Err(Refusal::bad_request(format!(
        "the body is refused at `disabled_reason`: 1 to {REASON_CHARS_MAX} printable characters are needed"
    )))
}
