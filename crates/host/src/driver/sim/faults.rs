//! What shall go wrong on a simulated host: `faults.json` in its directory, read anew for each order.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use steadfast_model::hypervisor::{Act, ActError, Target};
use steadfast_model::ids::ClaimId;

use crate::driver::cannot;
use crate::driver::directory::{absent_is_fine, write};

const FILE: &str = "faults.json";

/// What is done to the orders that it fits; of several that fit, the first counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Which orders; absent: any.
    pub order: Option<OrderName>,
    /// The claim whose guest it is about; absent: any, and any device.
    pub claim: Option<ClaimId>,
    /// How long the order takes before it has its effect.
    pub delay_ms: u64,
    pub outcome: Outcome,
}

/// An order by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderName {
    Build,
    BuildOff,
    Start,
    Stop,
    Destroy,
    Sanitize,
}

/// How an order ends. To whoever gave it, the last two look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Done,
    /// It has no effect, and fails.
    Refused,
    /// It has its effect, and its answer is lost.
    Lost,
}

impl Fault {
    fn fits(&self, act: &Act) -> bool {
        let name = match act {
            Act::Build { run: true, .. } => OrderName::Build,
            Act::Build { run: false, .. } => OrderName::BuildOff,
            Act::Start(_) => OrderName::Start,
            Act::Stop(_) => OrderName::Stop,
            Act::Destroy(_) => OrderName::Destroy,
            Act::Sanitize { .. } => OrderName::Sanitize,
        };
        let fits_claim = self.claim.is_none_or(|claim| act.target() == Target::Guest(claim));
        self.order.is_none_or(|order| order == name) && fits_claim
    }

    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    pub(super) fn error(&self) -> ActError {
        ActError("the simulated hypervisor was told to fail this order".to_owned())
    }
}

/// Has orders on the host go wrong from now on; an empty list ends that.
///
/// # Errors
/// When the file cannot be written.
pub fn inject(host: &Path, faults: &[Fault]) -> io::Result<()> {
    let path = host.join(FILE);
    if faults.is_empty() {
        return absent_is_fine(fs::remove_file(path));
    }
    write(&path, &serde_json::to_vec_pretty(faults).map_err(io::Error::other)?)
}

/// What shall be done to `act`.
pub(super) fn of(host: &Path, act: &Act) -> Result<Fault, ActError> {
    let path = host.join(FILE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Fault::default()),
        Err(e) => return Err(cannot(&format!("read {}", path.display()))(e)),
    };
    let faults: Vec<Fault> = serde_json::from_slice(&text)
        .map_err(|e| ActError(format!("{} is no list of faults: {e}", path.display())))?;
    Ok(faults.into_iter().find(|fault| fault.fits(act)).unwrap_or_default())
}
