//! Requests to the other services.

use serde_json::json;

use super::*;

pub fn rows() -> Vec<Row> {
    let provider = "/placement/resource_providers/00000000-0000-0000-0000-000000000000";
    let claim =
        Json(json!({"allocations": {}, "project_id": "p", "user_id": "u", "consumer_generation": null}));
    vec![
        (Admin, "PUT", "/placement/allocations/{web}", claim, 501, "does not have it"),
        (Admin, "DELETE", "/placement/allocations/{web}", Nothing, 501, "does not have it"),
        (Admin, "POST", "/placement/resource_providers", Json(json!({"name": "x"})), 501, "does not have it"),
        (Admin, "DELETE", provider, Nothing, 501, "does not have it"),
        (Admin, "GET", provider, Nothing, 404, "No resource provider"),
        (Admin, "GET", "/placement/resource_providers?in_tree=x", Nothing, 400, "at `in_tree`"),
        (Admin, "GET", "/placement/nothing", Nothing, 404, "there is no"),
        (Alice, "GET", "/placement/resource_providers", Nothing, 403, "takes the role admin"),
        (Nobody, "GET", "/placement/resource_providers", Nothing, 401, "has no token"),
        (Nobody, "PATCH", "/placement/traits", Nothing, 405, "does not take PATCH"),
        (Nobody, "GET", "/image/v2/images", Nothing, 401, "has no token"),
        (Alice, "POST", "/image/v2/images", Json(json!({"name": "x"})), 501, "does not have it"),
        (Nobody, "POST", "/agent/v1/report", Json(json!({})), 401, "no agent's key"),
        (Admin, "POST", "/agent/v1/report", Json(json!({})), 401, "no agent's key"),
        (
            Nobody,
            "POST",
            "/identity/v3/auth/tokens",
            Json(json!({"auth": {"identity": {"methods": []}}})),
            400,
            "is empty",
        ),
        (Nobody, "POST", "/identity/v3/auth/tokens", Text("{\"auth\""), 400, "not valid JSON"),
        (Admin, "POST", "/identity/v3/users", Json(json!({"user": {"name": "x"}})), 501, "does not have it"),
    ]
}
