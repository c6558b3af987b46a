//! Requests about hosts, and lists with bad parameters.

use serde_json::json;

use super::*;

const HOST1: &str = "/compute/v2.1/os-services/{host1}";

pub fn rows() -> Vec<Row> {
    let put = |body, sentence| (Admin, "PUT", HOST1, Json(body), 400, sentence);
    let nil = "/compute/v2.1/os-services/00000000-0000-0000-0000-000000000000";
    vec![
        put(json!({}), "changes nothing"),
        put(json!([]), "expected an object"),
        put(json!({"forced_down": "yes"}), "at `forced_down`"),
        put(json!({"forced_down": 1}), "at `forced_down`"),
        put(json!({"status": "asleep"}), "at `status`"),
        put(json!({"status": "enabled", "disabled_reason": "x"}), "`disabled` only"),
        put(json!({"disabled_reason": "x"}), "`disabled` only"),
        put(json!({"status": "disabled", "disabled_reason": ""}), "1 to 255"),
        put(json!({"status": "disabled", "disabled_reason": "x".repeat(256)}), "1 to 255"),
        put(json!({"state": "down"}), "unknown field `state`"),
        (Admin, "PUT", HOST1, Text(""), 400, "has no body"),
        (Admin, "PUT", nil, Json(json!({"forced_down": true})), 404, "could not be found"),
        (
            Admin,
            "PUT",
            "/compute/v2.1/os-services/host1",
            Json(json!({"forced_down": true})),
            400,
            "known by its uuid",
        ),
        (
            Admin,
            "PUT",
            "/compute/v2.1/os-services/disable",
            Json(json!({"status": "disabled"})),
            400,
            "known by its uuid",
        ),
        (Alice, "PUT", HOST1, Json(json!({"forced_down": true})), 403, "takes the role admin"),
        (Nobody, "PUT", HOST1, Json(json!({"forced_down": true})), 401, "has no token"),
        (Admin, "DELETE", HOST1, Nothing, 409, "evacuate or delete them first"),
        (Admin, "DELETE", nil, Nothing, 404, "could not be found"),
        (Rita, "DELETE", HOST1, Nothing, 403, "takes the role admin"),
        (
            Admin,
            "POST",
            "/compute/v2.1/os-aggregates",
            Json(json!({"aggregate": {"name": "a"}})),
            501,
            "does not have it",
        ),
        (Admin, "GET", "/compute/v2.1/os-hypervisors?limit=ten", Nothing, 400, "at `limit`"),
        (Admin, "GET", "/compute/v2.1/os-migrations?marker=x", Nothing, 400, "marker x could not be found"),
        (Admin, "GET", "/compute/v2.1/servers?limit=-5", Nothing, 400, "at `limit`"),
        (Admin, "GET", "/compute/v2.1/servers?marker=99999999999999999999", Nothing, 400, "marker"),
        (Alice, "GET", "/compute/v2.1/servers?all_tenants=1", Nothing, 403, "only an admin"),
    ]
}
