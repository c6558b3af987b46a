//! `/resource_providers`: hosts, and their devices below them.

pub mod aggregates;
pub mod allocations;
pub mod find;
pub mod inventories;
pub mod list;
pub mod show;
pub mod traits;
pub mod usages;

use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::http::versions::placement as v;
use crate::identity::role::Role;

/// Placement is for operators and services.
pub const ACCESS: Access = Access::Role(Role::Admin);

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let one = "/placement/resource_providers/{uuid}";
    let inventories = "/placement/resource_providers/{uuid}/inventories";
    let inventory = "/placement/resource_providers/{uuid}/inventories/{resource_class}";
    let usages = "/placement/resource_providers/{uuid}/usages";
    let aggregates = "/placement/resource_providers/{uuid}/aggregates";
    let traits = "/placement/resource_providers/{uuid}/traits";
    let allocations = "/placement/resource_providers/{uuid}/allocations";
    vec![
        Route::get("/placement/resource_providers", ACCESS, "List providers", list::list::<C>),
        Route::get(one, ACCESS, "Show a provider", show::show::<C>),
        Route::get(inventories, ACCESS, "What a provider has", inventories::list::<C>),
        Route::get(inventory, ACCESS, "What it has of one class", inventories::show::<C>),
        Route::get(usages, ACCESS, "How much of it is held", usages::show::<C>),
        Route::get(aggregates, ACCESS, "A provider's aggregates: none", aggregates::list::<C>)
            .since(v::PROVIDER_AGGREGATES),
        Route::get(traits, ACCESS, "A provider's traits", traits::list::<C>).since(v::TRAITS),
        Route::get(allocations, ACCESS, "Who holds what of a provider", allocations::list::<C>),
    ]
}
