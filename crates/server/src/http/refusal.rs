//! A refusal: a status and one sentence that says what was refused, why, and what would make it work. Handlers
//! make it; the outermost layer spells it the way the clients of each service read it.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::http::limit::QUOTE_CHARS_MAX;
use crate::http::service::Service;

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Refusal {
    pub status: StatusCode,
    pub sentence: String,
    /// Members of Placement's error object beside the common ones.
    members: Map<String, Value>,
}

/// Declares one constructor per status.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(sentence: impl Into<String>) -> Refusal {
            Refusal { status: StatusCode::$status, sentence: sentence.into(), members: Map::new() }
        }
    )*};
}

impl Refusal {
    refusals! {
        /// What was sent cannot be read or makes no sense.
        bad_request = BAD_REQUEST
        /// Nobody known asks.
        unauthorized = UNAUTHORIZED
        /// The caller may not.
        forbidden = FORBIDDEN
        /// There is no such thing, or not for this caller, or not at this version.
        not_found = NOT_FOUND
        /// The path knows other methods only.
        bad_method = METHOD_NOT_ALLOWED
        /// The version asked for is not offered.
        not_acceptable = NOT_ACCEPTABLE
        /// The state of the thing forbids it; another state would not.
        conflict = CONFLICT
        /// The body did not arrive in time.
        too_slow = REQUEST_TIMEOUT
        /// The body is longer than [`crate::http::limit::BODY_BYTES_MAX`].
        too_large = PAYLOAD_TOO_LARGE
        /// The body is not JSON by its own word.
        bad_media_type = UNSUPPORTED_MEDIA_TYPE
        /// A route of the API that this site does not have.
        not_implemented = NOT_IMPLEMENTED
        /// The store cannot be reached, or the site is overrun; the same request may work later.
        unavailable = SERVICE_UNAVAILABLE
        /// A fault of ours. The sentence is for the client; what happened is logged where it is found.
        internal = INTERNAL_SERVER_ERROR
    }

    /// Adds a member to Placement's error object.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Refusal {
        self.members.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a member unless it is there.
    #[must_use]
    pub fn with_default(mut self, key: &str, value: impl Into<Value>) -> Refusal {
        self.members.entry(key).or_insert(value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, key: &str) -> Refusal {
        self.members.remove(key);
        self
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    /// The refusal as the clients of `service` read it.
    #[must_use]
    pub fn body(&self, service: Service, request_id: &str) -> Value {
        let (code, message, title) = (self.status.as_u16(), &self.sentence, self.title());
        match service {
            Service::Compute => json!({ fault_name(self.status): {"code": code, "message": message} }),
            Service::Placement => {
                let mut error = self.members.clone();
                error.insert("status".to_owned(), code.into());
                error.insert("title".to_owned(), title.into());
                error.insert("detail".to_owned(), message.as_str().into());
                error.insert("request_id".to_owned(), request_id.into());
                json!({"errors": [error]})
            }
            Service::Image => json!({"code": format!("{code} {title}"), "title": title, "message": message}),
            Service::Network => {
                json!({"NeutronError": {"type": title.replace(' ', ""), "message": message, "detail": ""}})
            }
            Service::Identity | Service::Agent | Service::Site => {
                json!({"error": {"code": code, "title": title, "message": message}})
            }
        }
    }
}

/// Nova's name of the fault with this status.
fn fault_name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "badRequest",
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "itemNotFound",
        StatusCode::METHOD_NOT_ALLOWED => "badMethod",
        StatusCode::CONFLICT => "conflictingRequest",
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => "overLimit",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "badMediaType",
        StatusCode::NOT_IMPLEMENTED => "notImplemented",
        StatusCode::SERVICE_UNAVAILABLE => "serviceUnavailable",
        _ => "computeFault",
    }
}

impl IntoResponse for Refusal {
    /// A response that carries the refusal, for [`crate::http::observe`] to spell out.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The refusal in full.
#[must_use]
pub fn spelled(refusal: &Refusal, service: Service, request_id: &str) -> Response {
    let body = refusal.body(service, request_id).to_string();
    let json = HeaderValue::from_static("application/json");
    (refusal.status, [(CONTENT_TYPE, json)], body).into_response()
}

/// A client's words, short enough to repeat.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTE_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTE_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
