//! The contents page: every route of the listener.

use steadfast_operations::Control;

use crate::http::route::Route;
use crate::{agent, compute, healthz, identity, image, metrics, network, placement};

pub fn all<C: Control>() -> Vec<Route<C>> {
    [
        compute::versions::routes(),
        placement::versions::routes(),
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
