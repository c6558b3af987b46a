//! `GET /v3/auth/catalog`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::refusal::Refusal;
use crate::http::route::Route;
use crate::identity::caller::Session;
use crate::identity::catalog::catalog;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![Route::get("/identity/v3/auth/catalog", Access::Token, "Where each service is", show::<C>)]
}

async fn show<C: Control>(State(site): State<Site<C>>, session: Session) -> Result<Json<Value>, Refusal> {
    if session.project.is_none() {
        return Err(Refusal::forbidden("the token is for no project: get one with a project as its scope"));
    }
    let own = format!("{}/identity/v3/auth/catalog", site.endpoint());
    let catalog = catalog(site.endpoint(), &site.settings().region);
    Ok(Json(json!({"catalog": catalog, "links": {"self": own}})))
}
