//! `GET /v3/auth/projects`.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::identity::caller::Session;
use crate::identity::projects::{listed, of_user};
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![Route::get(
        "/identity/v3/auth/projects",
        Access::Token,
        "The projects that the caller can get a token for",
        list::<C>,
    )]
}

async fn list<C: Control>(State(site): State<Site<C>>, session: Session) -> Json<Value> {
    let directory = &site.settings().directory;
    Json(listed(site.endpoint(), "auth/projects", of_user(directory, &session.user)))
}
