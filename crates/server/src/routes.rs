//! The contents page: every route of the listener.

use steadfast_operations::Control;

use crate::http::route::Route;
use crate::{agent, compute, healthz, identity, image, metrics, network, placement};

pub fn all<C: Control>() -> Vec<Route<C>> {
    [
        compute::versions::routes(),
        compute::flavors::routes(),
        compute::flavors::extra_specs::routes(),
        compute::servers::routes(),
        compute::servers::action::routes(),
        compute::servers::instance_actions::routes(),
        compute::servers::migrations::routes(),
        compute::os_services::routes(),
        compute::os_hypervisors::routes(),
        compute::os_migrations::routes(),
        compute::limits::routes(),
        compute::os_availability_zone::routes(),
        compute::os_aggregates::routes(),
        compute::unbuilt::routes(),
        placement::versions::routes(),
        placement::resource_providers::routes(),
        placement::allocations::routes(),
        placement::resource_classes::routes(),
        placement::traits::routes(),
        placement::unbuilt::routes(),
        identity::versions::routes(),
        identity::auth::tokens::routes(),
        identity::auth::catalog::routes(),
        identity::auth::projects::routes(),
        identity::projects::routes(),
        identity::users::routes(),
        identity::roles::routes(),
        identity::domains::routes(),
        image::versions::routes(),
        image::images::routes(),
        network::versions::routes(),
        agent::message::routes(),
        metrics::scrape::routes(),
        healthz::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
