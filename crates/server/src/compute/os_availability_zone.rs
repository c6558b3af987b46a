//! `/os-availability-zone`: there is one.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use steadfast_operations::Control;

use crate::compute::os_services::find::all;
use crate::compute::os_services::liveness;
use crate::compute::os_services::view::BINARY;
use crate::compute::zone::ZONE;
use crate::http::access::Access;
use crate::http::refusal::Refusal;
use crate::http::route::Route;
use crate::http::stamp::micros;
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (reader, admin) = (Access::Role(Role::Reader), Access::Role(Role::Admin));
    vec![
        Route::get("/compute/v2.1/os-availability-zone", reader, "List zones", list),
        Route::get(
            "/compute/v2.1/os-availability-zone/detail",
            admin,
            "List zones and their hosts",
            detail::<C>,
        ),
    ]
}

async fn list() -> Json<Value> {
    Json(info(&Value::Null))
}

async fn detail<C: Control>(State(site): State<Site<C>>) -> Result<Json<Value>, Refusal> {
    let hosts = site.control().view("zones.detail", |view| Ok(all(view)?)).await?;
    let now = site.control().now();
    let shown: Map<String, Value> = hosts
        .iter()
        .map(|host| {
            let service = json!({
                "active": host.disabled.is_none(),
                "available": liveness::is_up(host, now),
                "updated_at": micros(host.last_seen),
            });
            (host.id.to_string(), json!({BINARY: service}))
        })
        .collect();
    Ok(Json(info(&Value::Object(shown))))
}

fn info(hosts: &Value) -> Value {
    json!({"availabilityZoneInfo": [{"zoneName": ZONE, "zoneState": {"available": true}, "hosts": hosts}]})
}
