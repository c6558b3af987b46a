//! `GET /v3/users`, `GET /v3/users/{user_id}` and a user's projects.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::endpoint::Endpoint;
use crate::http::access::Access;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::identity::caller::Session;
use crate::identity::directory::{DOMAIN_ID, User};
use crate::identity::projects::{listed, of_user};
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/identity/v3/users", "/identity/v3/users/{user_id}");
    vec![
        Route::get(all, Access::Role(Role::Admin), "List users", list::<C>),
        Route::unbuilt(Method::POST, all, "Create a user: they stand in the users file"),
        Route::get(one, Access::Token, "Show a user", show::<C>),
        Route::unbuilt(Method::PATCH, one, "Change a user: they stand in the users file"),
        Route::unbuilt(Method::DELETE, one, "Delete a user: they stand in the users file"),
        Route::get(
            "/identity/v3/users/{user_id}/projects",
            Access::Token,
            "A user's projects",
            projects::<C>,
        ),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>, mut query: Query) -> Result<Json<Value>, Refusal> {
    let name = query.text("name");
    let domain = query.text("domain_id");
    let enabled = query.flag("enabled")?.unwrap_or(true);
    query.finish()?;
    let visible = enabled && domain.is_none_or(|domain| domain == DOMAIN_ID);
    let users = site.settings().directory.users();
    let wanted = users.filter(|user| visible && name.as_ref().is_none_or(|name| *name == user.name));
    let users: Vec<Value> = wanted.map(|user| view(site.endpoint(), user)).collect();
    let own = format!("{}/identity/v3/users", site.endpoint());
    Ok(Json(json!({"users": users, "links": {"self": own, "previous": null, "next": null}})))
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    session: Session,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let user = find(&site, &session, &id)?;
    Ok(Json(json!({"user": view(site.endpoint(), user)})))
}

async fn projects<C: Control>(
    State(site): State<Site<C>>,
    session: Session,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let user = find(&site, &session, &id)?;
    let path = format!("users/{}/projects", user.id);
    Ok(Json(listed(site.endpoint(), &path, of_user(&site.settings().directory, user))))
}

/// A user, if the caller may see it: itself, or anyone for an operator.
fn find<'s, C: Control>(site: &'s Site<C>, session: &Session, id: &str) -> Result<&'s User, Refusal> {
    let found = id.parse().ok().and_then(|id| site.settings().directory.user(&id));
    let user = found.filter(|user| session.is_admin() || user.id == session.user.id);
    user.ok_or_else(|| Refusal::not_found(format!("user {} could not be found", quote(id))))
}

fn view(endpoint: &Endpoint, user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "domain_id": DOMAIN_ID,
        "default_project_id": user.default_project,
        "enabled": true,
        "password_expires_at": null,
        "options": {},
        "links": {"self": format!("{endpoint}/identity/v3/users/{}", user.id)},
    })
}
