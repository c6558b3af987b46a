//! Whole resources of Compute that this site does not have.

use axum::http::Method;
use steadfast_operations::Control;

use crate::http::route::Route;

const ROUTES: [(Method, &str, &str); 14] = [
    (Method::GET, "/compute/v2.1/extensions", "List extensions"),
    (Method::GET, "/compute/v2.1/os-keypairs", "List keypairs"),
    (Method::POST, "/compute/v2.1/os-keypairs", "Import a keypair"),
    (Method::GET, "/compute/v2.1/os-keypairs/{name}", "Show a keypair"),
    (Method::DELETE, "/compute/v2.1/os-keypairs/{name}", "Delete a keypair"),
    (Method::GET, "/compute/v2.1/os-server-groups", "List server groups"),
    (Method::POST, "/compute/v2.1/os-server-groups", "Create a server group"),
    (Method::GET, "/compute/v2.1/os-server-groups/{group_id}", "Show a server group"),
    (Method::DELETE, "/compute/v2.1/os-server-groups/{group_id}", "Delete a server group"),
    (Method::GET, "/compute/v2.1/os-quota-sets/{project_id}", "A project's quota"),
    (Method::PUT, "/compute/v2.1/os-quota-sets/{project_id}", "Change a project's quota"),
    (Method::GET, "/compute/v2.1/os-simple-tenant-usage", "What projects used over time"),
    (Method::GET, "/compute/v2.1/os-instance_usage_audit_log", "The usage audits of hosts"),
    (Method::POST, "/compute/v2.1/os-server-external-events", "Events from other services"),
];

pub fn routes<C: Control>() -> Vec<Route<C>> {
    ROUTES.map(|(method, path, does)| Route::unbuilt(method, path, does)).into()
}
