//! `GET /v3/roles` and `GET /v3/roles/{role_id}`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::endpoint::Endpoint;
use crate::http::access::Access;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![
        Route::get("/identity/v3/roles", Access::Role(Role::Admin), "List roles", list::<C>),
        Route::get("/identity/v3/roles/{role_id}", Access::Role(Role::Admin), "Show a role", show::<C>),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>, mut query: Query) -> Result<Json<Value>, Refusal> {
    let name = query.text("name");
    query.ignore(&["domain_id"]);
    query.finish()?;
    let wanted = Role::ALL.into_iter().filter(|role| name.as_ref().is_none_or(|name| name == role.name()));
    let roles: Vec<Value> = wanted.map(|role| view(site.endpoint(), role)).collect();
    let own = format!("{}/identity/v3/roles", site.endpoint());
    Ok(Json(json!({"roles": roles, "links": {"self": own, "previous": null, "next": null}})))
}

async fn show<C: Control>(State(site): State<Site<C>>, Segment(id): Segment) -> Result<Json<Value>, Refusal> {
    let role = Role::from_name(&id);
    let role = role.ok_or_else(|| Refusal::not_found(format!("role {} could not be found", quote(&id))))?;
    Ok(Json(json!({"role": view(site.endpoint(), role)})))
}

fn view(endpoint: &Endpoint, role: Role) -> Value {
    let name = role.name();
    let own = format!("{endpoint}/identity/v3/roles/{name}");
    json!({"id": name, "name": name, "domain_id": null, "description": null, "options": {}, "links": {"self": own}})
}
