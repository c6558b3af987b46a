//! `/servers`: instances, as their users see them.

pub mod action;
pub mod create;
pub mod delete;
pub mod filter;
pub mod instance_actions;
pub mod list;
pub mod migrations;
pub mod read;
pub mod request;
pub mod show;
pub mod status;
pub mod view;

use axum::http::Method;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::http::versions::compute::{SERVER_TAGS, SERVER_TOPOLOGY};
use crate::identity::role::Role;

/// The server routes of Compute that this site does not have: method, path below a server, what it does.
const UNBUILT: [(Method, &str, &str); 10] = [
    (Method::PUT, "/compute/v2.1/servers/{server_id}", "Rename a server"),
    (Method::GET, "/compute/v2.1/servers/{server_id}/ips", "A server's addresses"),
    (Method::GET, "/compute/v2.1/servers/{server_id}/metadata", "A server's metadata"),
    (Method::POST, "/compute/v2.1/servers/{server_id}/metadata", "Change a server's metadata"),
    (Method::GET, "/compute/v2.1/servers/{server_id}/diagnostics", "A guest's counters"),
    (Method::GET, "/compute/v2.1/servers/{server_id}/os-interface", "A server's ports"),
    (Method::GET, "/compute/v2.1/servers/{server_id}/os-security-groups", "A server's security groups"),
    (Method::GET, "/compute/v2.1/servers/{server_id}/os-volume_attachments", "A server's volumes"),
    (Method::POST, "/compute/v2.1/servers/{server_id}/os-volume_attachments", "Attach a volume"),
    (Method::POST, "/compute/v2.1/servers/{server_id}/remote-consoles", "A server's console"),
];

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/compute/v2.1/servers", "/compute/v2.1/servers/{server_id}");
    let (reader, member) = (Access::Role(Role::Reader), Access::Role(Role::Member));
    let built = [
        Route::get(all, reader, "List servers by name", list::names::<C>),
        Route::post(all, member, "Boot a server", create::create::<C>),
        Route::get("/compute/v2.1/servers/detail", reader, "List servers in full", list::detail::<C>),
        Route::get(one, reader, "Show a server", show::show::<C>),
        Route::delete(one, member, "Delete a server: gone for its user at once", delete::delete::<C>),
        Route::unbuilt(Method::GET, "/compute/v2.1/servers/{server_id}/tags", "A server's tags")
            .since(SERVER_TAGS),
        Route::unbuilt(Method::GET, "/compute/v2.1/servers/{server_id}/topology", "A guest's NUMA cells")
            .since(SERVER_TOPOLOGY),
    ];
    let unbuilt = UNBUILT.map(|(method, path, does)| Route::unbuilt(method, path, does));
    built.into_iter().chain(unbuilt).collect()
}
