//! `site.json`: what of a site runs, and where.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use steadfast_model::ids::HostId;

use super::process::{Process, Role};
use super::{Layout, secret};
use crate::exit::Failure;

/// A site as others find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// The base URL of each service.
    pub endpoints: BTreeMap<String, String>,
    /// The store's URL, as `steadfast verify --store` takes it.
    pub store: String,
    pub processes: Vec<ProcessRecord>,
}

/// One process of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    pub role: Role,
    /// The host that an agent speaks for; null for a control plane.
    pub host: Option<HostId>,
    pub pid: u32,
    pub log: PathBuf,
}

impl From<&Process> for ProcessRecord {
    fn from(process: &Process) -> Self {
        let Process { role, host, pid, log, .. } = process;
        ProcessRecord { role: *role, host: host.clone(), pid: *pid, log: log.clone() }
    }
}

/// The base URLs of the services behind one listener.
#[must_use]
pub fn endpoints(listen: SocketAddr) -> BTreeMap<String, String> {
    let services = [
        ("compute", "/compute/v2.1"),
        ("identity", "/identity/v3"),
        ("image", "/image"),
        ("network", "/network"),
        ("placement", "/placement"),
    ];
    services.map(|(name, path)| (name.to_owned(), format!("http://{listen}{path}"))).into()
}

impl SiteRecord {
    /// Writes the record: readers see the one before it or this one, never a part.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn write(&self, layout: &Layout) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).expect("a record has text keys only");
        let path = layout.record();
        secret::write(&path, &text).map_err(Failure::cannot(format_args!("write {}", path.display())))
    }
}
