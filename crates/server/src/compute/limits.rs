//! `GET /limits`: there are none on how much a project may have; this says so, and how much it has.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_model::cause::Scope;
use steadfast_model::inventory::Amounts;
use steadfast_operations::Control;
use steadfast_operations::seam::{Abort, Key, Page, View, instances};

use crate::http::access::Access;
use crate::http::limit::PAGE_ITEMS_MAX;
use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::versions::compute::{NO_IMAGE_METADATA, NO_PERSONALITY, NO_PROXIES, STRICT};
use crate::identity::caller::Caller;
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![Route::get(
        "/compute/v2.1/limits",
        Access::Role(Role::Reader),
        "What a project may have, and has",
        show::<C>,
    )]
}

async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    query.ignore(&["reserved"]);
    let scope = match query.text("tenant_id") {
        None => Scope::Project(caller.project.clone()),
        Some(_) if !caller.is_admin() => {
            return Err(Refusal::forbidden("only an admin may see what other projects have"));
        }
        Some(project) => {
            let known = project.parse().ok().filter(|id| site.settings().directory.project(id).is_some());
            let missing =
                || Refusal::bad_request(format!("Project ID {} is not a valid project.", quote(&project)));
            Scope::Project(known.ok_or_else(missing)?)
        }
    };
    if version >= STRICT {
        query.finish()?;
    }
    let (count, used) = site.control().view("limits", move |view| Ok(sum(view, &scope)?)).await?;
    let mut absolute = json!({
        "maxTotalInstances": -1,
        "maxTotalCores": -1,
        "maxTotalRAMSize": -1,
        "maxTotalKeypairs": 0,
        "maxServerMeta": 128,
        "maxServerGroups": 0,
        "maxServerGroupMembers": 0,
        "totalInstancesUsed": count,
        "totalCoresUsed": used.vcpus,
        "totalRAMUsed": used.memory_mb,
        "totalServerGroupsUsed": 0,
    });
    let ended = [
        (NO_PROXIES, &["maxTotalFloatingIps", "maxSecurityGroups", "maxSecurityGroupRules"][..]),
        (NO_PROXIES, &["totalFloatingIpsUsed", "totalSecurityGroupsUsed"]),
        (NO_IMAGE_METADATA, &["maxImageMeta"]),
        (NO_PERSONALITY, &["maxPersonality", "maxPersonalitySize"]),
    ];
    for (_, keys) in ended.into_iter().filter(|(until, _)| version < *until) {
        keys.iter().for_each(|key| absolute[key] = json!(0));
    }
    Ok(Json(json!({"limits": {"rate": [], "absolute": absolute}})))
}

/// How many servers there are, and what they take.
fn sum(view: &mut View<'_>, scope: &Scope) -> Result<(usize, Amounts), Abort> {
    let (mut count, mut used, mut after) = (0, Amounts::default(), None);
    loop {
        let page = Page { after: after.map(Key::Instance), limit: PAGE_ITEMS_MAX, descending: false };
        let rows = view.read(instances(scope.clone(), false, page))?;
        count += rows.len();
        rows.iter().for_each(|row| used += row.flavor.amounts());
        match rows.last() {
            Some(last) => after = Some(last.id),
            None => return Ok((count, used)),
        }
    }
}
