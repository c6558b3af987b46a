//! The services that share the listener.

use crate::http::microversion::Versions;
use crate::http::versions;

/// One service: it has its own prefix and its own way of saying no, and may have microversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Compute,
    Placement,
    Identity,
    Image,
    Network,
    /// The endpoint of the hosts' agents.
    Agent,
    /// What belongs to no service: metrics and health.
    Site,
}

impl Service {
    pub const ALL: [Service; 7] = [
        Service::Compute,
        Service::Placement,
        Service::Identity,
        Service::Image,
        Service::Network,
        Service::Agent,
        Service::Site,
    ];

    /// The first segment of every path of the service.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Service::Compute => "compute",
            Service::Placement => "placement",
            Service::Identity => "identity",
            Service::Image => "image",
            Service::Network => "network",
            Service::Agent => "agent",
            Service::Site => "site",
        }
    }

    /// The service that answers for a path, known or not.
    #[must_use]
    pub fn of(path: &str) -> Service {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        Service::ALL.into_iter().find(|service| service.name() == first).unwrap_or(Service::Site)
    }

    #[must_use]
    pub fn versions(self) -> Option<&'static Versions> {
        match self {
            Service::Compute => Some(&versions::compute::VERSIONS),
            Service::Placement => Some(&versions::placement::VERSIONS),
            Service::Identity | Service::Image | Service::Network | Service::Agent | Service::Site => None,
        }
    }
}
