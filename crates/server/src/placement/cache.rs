//! The headers of 1.15: when what is shown last changed. Everything is computed as it is asked for, so that is now.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, HeaderValue, LAST_MODIFIED};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use steadfast_model::ids::Moment;

use crate::http::microversion::Microversion;
use crate::http::stamp::http_date;
use crate::http::versions::placement::CACHE_HEADERS;

/// An answer with the headers of its version.
#[must_use]
pub fn fresh(version: Microversion, now: Moment, body: Value) -> Response {
    (headers(version, now), Json(body)).into_response()
}

/// The headers alone.
#[must_use]
pub fn headers(version: Microversion, now: Moment) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if version >= CACHE_HEADERS {
        let date = HeaderValue::from_str(&http_date(now)).expect("a date is plain ASCII");
        headers.insert(LAST_MODIFIED, date);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    headers
}
