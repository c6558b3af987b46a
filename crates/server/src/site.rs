//! One control plane, as its handlers see it: the seam to the store, and what it was configured with.

use std::fmt;
use std::sync::Arc;

use steadfast_model::pci::Aliases;
use steadfast_operations::Control;

use crate::agent::key::AgentKeys;
use crate::endpoint::Endpoint;
use crate::identity::directory::Directory;
use crate::identity::password::PasswordDesk;
use crate::identity::token::Signer;
use crate::image::folder::Images;
use crate::metrics::Metrics;

/// What a control plane is configured with.
#[derive(Debug)]
pub struct Settings {
    /// Where clients reach the listener: catalog and links point there.
    pub endpoint: Endpoint,
    pub region: String,
    pub directory: Directory,
    pub signer: Signer,
    pub images: Images,
    pub agents: AgentKeys,
    pub aliases: Aliases,
}

/// What every handler is given. Cheap to clone.
pub struct Site<C>(Arc<Inner<C>>);

struct Inner<C> {
    control: C,
    settings: Settings,
    passwords: PasswordDesk,
    metrics: Metrics,
}

impl<C> Clone for Site<C> {
    fn clone(&self) -> Self {
        Site(Arc::clone(&self.0))
    }
}

impl<C> fmt::Debug for Site<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("endpoint", &self.0.settings.endpoint).finish_non_exhaustive()
    }
}

impl<C: Control> Site<C> {
    #[must_use]
    pub fn new(control: C, settings: Settings, metrics: Metrics) -> Self {
        Site(Arc::new(Inner { control, settings, passwords: PasswordDesk::new(), metrics }))
    }

    #[must_use]
    pub fn control(&self) -> &C {
        &self.0.control
    }

    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.settings.endpoint
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    #[must_use]
    pub fn passwords(&self) -> &PasswordDesk {
        &self.0.passwords
    }

    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}
