//! The HTTP of Steadfast: Compute, Placement, Identity, Image, the discovery of Network, the agents' endpoint,
//! metrics and health, on one listener.
//!
//! Handlers parse, hand over to an operation or read through a view, and show what came of it. They decide
//! nothing and store nothing: all of that is behind [`steadfast_operations::Control`].

pub mod agent;
pub mod compute;
pub mod docs;
pub mod endpoint;
pub mod healthz;
pub mod http;
pub mod identity;
pub mod image;
pub mod metrics;
pub mod network;
pub mod placement;
pub mod routes;
pub mod serve;
pub mod site;

use axum::Router;
use axum::middleware;
use steadfast_operations::Control;

pub use endpoint::Endpoint;
pub use metrics::Metrics;
pub use serve::serve;
pub use site::{Settings, Site};

/// Everything that the listener answers.
pub fn router<C: Control>(site: Site<C>) -> Router {
    http::route::router(routes::all::<C>(), &site)
        .layer(middleware::from_fn_with_state(site.clone(), http::observe::observe::<C>))
        .with_state(site)
}
