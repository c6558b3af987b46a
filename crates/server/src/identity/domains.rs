//! `GET /v3/domains` and `GET /v3/domains/{domain_id}`: there is one.

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
use crate::identity::directory::{DOMAIN_ID, DOMAIN_NAME};
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![
        Route::get("/identity/v3/domains", Access::Token, "List domains", list::<C>),
        Route::get("/identity/v3/domains/{domain_id}", Access::Token, "Show a domain", show::<C>),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>, mut query: Query) -> Result<Json<Value>, Refusal> {
    let name = query.text("name");
    let enabled = query.flag("enabled")?.unwrap_or(true);
    query.finish()?;
    let shown = enabled && name.is_none_or(|name| name == DOMAIN_NAME);
    let domains: Vec<Value> = shown.then(|| view(site.endpoint())).into_iter().collect();
    let own = format!("{}/identity/v3/domains", site.endpoint());
    Ok(Json(json!({"domains": domains, "links": {"self": own, "previous": null, "next": null}})))
}

async fn show<C: Control>(State(site): State<Site<C>>, Segment(id): Segment) -> Result<Json<Value>, Refusal> {
    if id != DOMAIN_ID {
        return Err(Refusal::not_found(format!("domain {} could not be found", quote(&id))));
    }
    Ok(Json(json!({"domain": view(site.endpoint())})))
}

fn view(endpoint: &Endpoint) -> Value {
    json!({
        "id": DOMAIN_ID,
        "name": DOMAIN_NAME,
        "description": "The one domain of this site",
        "enabled": true,
        "tags": [],
        "options": {},
        "links": {"self": format!("{endpoint}/identity/v3/domains/{DOMAIN_ID}")},
    })
}
