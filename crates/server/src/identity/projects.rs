//! `GET /v3/projects` and `GET /v3/projects/{project_id}`.

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
use crate::identity::directory::{DOMAIN_ID, Directory, Project, User};
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/identity/v3/projects", "/identity/v3/projects/{project_id}");
    vec![
        Route::get(all, Access::Role(Role::Admin), "List projects", list::<C>),
        Route::unbuilt(Method::POST, all, "Create a project: they stand in the users file"),
        Route::get(one, Access::Token, "Show a project", show::<C>),
        Route::unbuilt(Method::PATCH, one, "Change a project: they stand in the users file"),
        Route::unbuilt(Method::DELETE, one, "Delete a project: they stand in the users file"),
    ]
}

async fn list<C: Control>(State(site): State<Site<C>>, mut query: Query) -> Result<Json<Value>, Refusal> {
    let name = query.text("name");
    let domain = query.text("domain_id");
    let enabled = query.flag("enabled")?.unwrap_or(true);
    query.ignore(&["is_domain"]);
    query.finish()?;
    let visible = enabled && domain.is_none_or(|domain| domain == DOMAIN_ID);
    let projects = site.settings().directory.projects();
    let wanted = projects.filter(|project| visible && name.as_ref().is_none_or(|name| *name == project.name));
    Ok(Json(listed(site.endpoint(), "projects", wanted)))
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    session: Session,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let found = id.parse().ok().and_then(|id| site.settings().directory.project(&id));
    let may_see = |project: &&Project| session.is_admin() || session.user.roles.contains_key(&project.id);
    let project = found
        .filter(may_see)
        .ok_or_else(|| Refusal::not_found(format!("project {} could not be found", quote(&id))))?;
    Ok(Json(json!({"project": view(site.endpoint(), project)})))
}

/// The projects in which a user has a role.
pub fn of_user<'d>(directory: &'d Directory, user: &'d User) -> impl Iterator<Item = &'d Project> {
    user.roles.keys().filter_map(|id| directory.project(id))
}

/// A list of projects as Keystone shows it.
pub fn listed<'d>(endpoint: &Endpoint, path: &str, projects: impl Iterator<Item = &'d Project>) -> Value {
    let own = format!("{endpoint}/identity/v3/{path}");
    let projects: Vec<Value> = projects.map(|project| view(endpoint, project)).collect();
    json!({"projects": projects, "links": {"self": own, "previous": null, "next": null}})
}

fn view(endpoint: &Endpoint, project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "domain_id": DOMAIN_ID,
        "parent_id": DOMAIN_ID,
        "enabled": true,
        "is_domain": false,
        "tags": [],
        "options": {},
        "links": {"self": format!("{endpoint}/identity/v3/projects/{}", project.id)},
    })
}
