//! `/flavors`: the sizes that users ask for.

pub mod create;
pub mod delete;
pub mod extra_specs;
pub mod find;
pub mod list;
pub mod show;
pub mod update;
pub mod view;

use axum::http::Method;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::http::versions::compute::FLAVOR_DESCRIPTION;
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/compute/v2.1/flavors", "/compute/v2.1/flavors/{flavor_id}");
    let (reader, admin) = (Access::Role(Role::Reader), Access::Role(Role::Admin));
    vec![
        Route::get(all, reader, "List flavors by name", list::names::<C>),
        Route::post(all, admin, "Create a flavor", create::create::<C>),
        Route::get("/compute/v2.1/flavors/detail", reader, "List flavors in full", list::detail::<C>),
        Route::get(one, reader, "Show a flavor", show::show::<C>),
        Route::put(one, admin, "Change a flavor's description", update::update::<C>)
            .since(FLAVOR_DESCRIPTION),
        Route::delete(one, admin, "Delete a flavor; instances keep their own copy", delete::delete::<C>),
        Route::unbuilt(
            Method::GET,
            "/compute/v2.1/flavors/{flavor_id}/os-flavor-access",
            "Which projects may use a private flavor",
        ),
        Route::unbuilt(
            Method::POST,
            "/compute/v2.1/flavors/{flavor_id}/action",
            "Let a project use a private flavor, or not any more",
        ),
    ]
}
