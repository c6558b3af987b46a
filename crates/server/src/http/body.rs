//! The JSON body of a request, parsed at the door.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;
use steadfast_operations::Control;

use crate::http::limit::{BODY_BYTES_MAX, BODY_WAIT_MS};
use crate::http::refusal::{Refusal, quote};
use crate::site::Site;

/// The body of a request, which was JSON of the right shape.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<C: Control, T: DeserializeOwned> FromRequest<Site<C>> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, site: &Site<C>) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        json_is_declared(&parts.headers)?;
        let bytes = tokio::select! {
            whole = to_bytes(body, BODY_BYTES_MAX) => whole.map_err(|_| {
                Refusal::too_large(format!("the body could not be read whole: at most {BODY_BYTES_MAX} bytes are taken"))
            })?,
            () = site.control().timer("http.body", BODY_WAIT_MS) => {
                return Err(Refusal::too_slow(format!("the body did not arrive whole within {BODY_WAIT_MS} ms: send it faster")));
            }
        };
        parse(&bytes).map(Body)
    }
}

/// A body is JSON unless it says that it is something else.
fn json_is_declared(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let declared = value.to_str().unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let shown = quote(declared);
    Err(Refusal::bad_media_type(format!("content type `{shown}` is not taken: send application/json")))
}

/// Reads JSON of a shape.
///
/// # Errors
/// 400, with the place in the body and what is wrong there.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::bad_request("the request has no body: a JSON object is needed"));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Refusal::bad_request(format!("the body is not valid JSON: {error}")))?;
    shaped(value)
}

/// Reads a shape from JSON that is known to be well-formed.
///
/// # Errors
/// 400, with the place and what is wrong there.
pub fn shaped<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, wrong) = (error.path().to_string(), plain(&error.inner().to_string()));
        let place = if path == "." { String::new() } else { format!(" at `{}`", quote(&path)) };
        Refusal::bad_request(format!("the body is refused{place}: {wrong}"))
    })
}

/// Says `an object` where the parser names a type of ours, and `string` where it repeats a misplaced one: that could
/// be a password, and refusals are logged.
fn plain(message: &str) -> String {
    let ours = message.split_once("expected struct ").or_else(|| message.split_once("expected a map"));
    let message =
        ours.map_or_else(|| message.to_owned(), |(before, _)| format!("{before}expected an object"));
    match message.strip_prefix("invalid type: string \"").and_then(|rest| rest.rsplit_once("\", expected ")) {
        Some((_, expected)) => format!("invalid type: string, expected {expected}"),
        None => message,
    }
}
