//! The planted bug: Nova's audit of old, at work beside the reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use steadfast_model::ids::HostId;
use steadfast_races::legacy::audit::audit;
use tokio::task::JoinHandle;

use crate::exit::Failure;
use crate::world::{ControlWorld, own_cause};

/// Audits that go on until this is dropped.
#[derive(Debug)]
pub struct Audits {
    freed: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Audits {
    /// Audits the hosts in turn, again and again, from a process that has nothing to do with the control plane.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn begin(store: &str, hosts: Vec<HostId>) -> Result<Audits, Failure> {
        let world = ControlWorld::open(store)?;
        let freed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&freed);
        let task = tokio::spawn(async move {
            for host in hosts.into_iter().cycle() {
                // An audit that could not be done is done again in the next round.
                if let Ok(devices) = audit(&world, &own_cause(), host).await {
                    count.fetch_add(devices, Ordering::Relaxed);
                }
            }
        });
        Ok(Audits { freed, task })
    }

    /// Devices that were freed so far, each of a running guest.
    #[must_use]
    pub fn freed(&self) -> usize {
        self.freed.load(Ordering::Relaxed)
    }
}

impl Drop for Audits {
    fn drop(&mut self) {
        self.task.abort();
    }
}
