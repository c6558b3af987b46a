//! What of Placement this site does not have: whatever would write. Claims are written by operations, inventories by
//! the hosts' reports.

use axum::http::Method;
use steadfast_operations::Control;

use crate::http::route::Route;
use crate::http::versions::placement as v;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let all = "/placement/resource_providers";
    let one = "/placement/resource_providers/{uuid}";
    let inventories = "/placement/resource_providers/{uuid}/inventories";
    let inventory = "/placement/resource_providers/{uuid}/inventories/{resource_class}";
    let aggregates = "/placement/resource_providers/{uuid}/aggregates";
    let traits = "/placement/resource_providers/{uuid}/traits";
    vec![
        Route::unbuilt(Method::POST, all, "Create a provider"),
        Route::unbuilt(Method::PUT, one, "Rename a provider, or move it"),
        Route::unbuilt(Method::DELETE, one, "Delete a provider"),
        Route::unbuilt(Method::POST, inventories, "Add an inventory"),
        Route::unbuilt(Method::PUT, inventories, "Replace all inventories"),
        Route::unbuilt(Method::DELETE, inventories, "Delete all inventories").since(v::DELETE_INVENTORIES),
        Route::unbuilt(Method::PUT, inventory, "Replace an inventory"),
        Route::unbuilt(Method::DELETE, inventory, "Delete an inventory"),
        Route::unbuilt(Method::PUT, aggregates, "Set a provider's aggregates").since(v::PROVIDER_AGGREGATES),
        Route::unbuilt(Method::PUT, traits, "Set a provider's traits").since(v::TRAITS),
        Route::unbuilt(Method::DELETE, traits, "Delete a provider's traits").since(v::TRAITS),
        Route::unbuilt(Method::GET, "/placement/usages", "What a project holds").since(v::PROJECT_USAGES),
        Route::unbuilt(Method::GET, "/placement/allocation_candidates", "Where something would fit")
            .since(v::CANDIDATES),
        Route::unbuilt(Method::POST, "/placement/reshaper", "Move inventories and allocations")
            .since(v::RESHAPER),
    ]
}
