//! `/servers/{server_id}/migrations`: the live migrations of a server that are under way, of which there are none.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde_json::{Value, json};
use steadfast_operations::{Control, Refused};

use super::read::one;
use crate::http::access::Access;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::http::versions::compute::{LIVE_MIGRATION_ABORT, MIGRATION_TYPE};
use crate::identity::caller::Caller;
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let all = "/compute/v2.1/servers/{server_id}/migrations";
    let its = "/compute/v2.1/servers/{server_id}/migrations/{migration_id}";
    let admin = Access::Role(Role::Admin);
    vec![
        Route::get(all, admin, "A server's live migrations under way: none", list::<C>).since(MIGRATION_TYPE),
        Route::get(its, admin, "One of them", show::<C>).since(MIGRATION_TYPE),
        Route::unbuilt(Method::DELETE, its, "Abort a live migration").since(LIVE_MIGRATION_ABORT),
    ]
}

async fn list<C: Control>(
    State(site): State<Site<C>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let scope = caller.scope();
    site.control().view("servers.migrations", move |view| one(view, &scope, &id, false)).await?;
    Ok(Json(json!({"migrations": []})))
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    caller: Caller,
    Segment((id, migration)): Segment<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let scope = caller.scope();
    site.control().view("servers.migrations", move |view| one(view, &scope, &id, false)).await?;
    Err(Refused::not_found("In-progress live migration", quote(&migration)).into())
}
