//! Request ids: every request gets one of ours; one from outside is kept beside it for the logs.

use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use steadfast_model::ids::RequestId;
use uuid::Uuid;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
/// The name under which compute's clients look for the same id.
pub const COMPUTE_REQUEST_ID: HeaderName = HeaderName::from_static("x-compute-request-id");

/// The ids of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestIds {
    /// Ours: in the answer, the logs and the ledger.
    pub local: RequestId,
    /// The one that the caller works under, if it sent a well-formed one.
    pub global: Option<RequestId>,
}

impl RequestIds {
    #[must_use]
    pub fn new(fresh: Uuid, headers: &HeaderMap) -> RequestIds {
        let global = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).and_then(parse);
        RequestIds { local: named(fresh), global }
    }
}

fn named(id: Uuid) -> RequestId {
    format!("req-{id}").parse().expect("`req-` and a uuid make a short word")
}

/// A request id from outside: `req-` and a uuid. Anything else is no id and is dropped.
#[must_use]
pub fn parse(text: &str) -> Option<RequestId> {
    text.strip_prefix("req-")?.parse().ok().map(named)
}
