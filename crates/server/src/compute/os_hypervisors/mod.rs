//! `/os-hypervisors`: the hosts, as machines.

pub mod list;
pub mod read;
pub mod show;
pub mod view;

use axum::http::Method;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::http::versions::compute::{HYPERVISOR_NO_USAGE, UUIDS};
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let admin = Access::Role(Role::Admin);
    let get = Method::GET;
    let below = |path, does, until| Route::unbuilt(get.clone(), path, does).until(until);
    vec![
        Route::get("/compute/v2.1/os-hypervisors", admin, "List hypervisors by name", list::names::<C>),
        Route::get(
            "/compute/v2.1/os-hypervisors/detail",
            admin,
            "List hypervisors in full",
            list::detail::<C>,
        ),
        Route::get(
            "/compute/v2.1/os-hypervisors/{hypervisor_id}",
            admin,
            "Show a hypervisor",
            show::show::<C>,
        ),
        below("/compute/v2.1/os-hypervisors/statistics", "Sums over all hypervisors", HYPERVISOR_NO_USAGE),
        below(
            "/compute/v2.1/os-hypervisors/{hypervisor_id}/uptime",
            "Since when it runs",
            HYPERVISOR_NO_USAGE,
        ),
        below(
            "/compute/v2.1/os-hypervisors/{hypervisor_id}/search",
            "Hypervisors by a part of the name",
            UUIDS,
        ),
        below("/compute/v2.1/os-hypervisors/{hypervisor_id}/servers", "The servers of hypervisors", UUIDS),
    ]
}
