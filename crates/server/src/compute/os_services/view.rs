//! An agent as Nova shows a compute service.

use serde_json::{Value, json};
use steadfast_model::host::Host;
use steadfast_model::ids::Moment;

use super::liveness;
use crate::compute::number::number;
use crate::compute::zone::ZONE;
use crate::http::microversion::Microversion;
use crate::http::stamp::micros;
use crate::http::versions::compute::{SERVICE_FORCED_DOWN, UUIDS};

/// The one kind of service that is listed.
pub const BINARY: &str = "nova-compute";

#[must_use]
pub fn view(version: Microversion, now: Moment, host: &Host) -> Value {
    let mut shown = json!({
        "id": if version >= UUIDS { json!(host.uuid) } else { json!(number(host.uuid)) },
        "binary": BINARY,
        "host": host.id,
        "zone": ZONE,
        "status": liveness::status(host),
        "state": liveness::state(host, now),
        "updated_at": micros(host.last_seen),
        "disabled_reason": liveness::disabled_reason(host),
    });
    if version >= SERVICE_FORCED_DOWN {
        shown["forced_down"] = json!(liveness::forced_down(host));
    }
    shown
}
