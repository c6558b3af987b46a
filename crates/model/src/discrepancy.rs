//! Something that a report showed and no claim explains. It has an age and a remedy; it never writes ownership.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{GuestTag, HostId, Moment};
use crate::pci::Address;

/// What does not fit. Sorts as its text does: pages of a list go on where a database says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An owned device that the host no longer lists.
    MissingDevice(Address),
    /// A life that a person asserted dead came back with the same boot: it never was.
    NeverDead(Uuid),
    /// A guest that no claim names.
    UnknownGuest(GuestTag),
}

impl Subject {
    /// What an operator can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Subject::UnknownGuest(_) => {
                "find out whose guest it is and destroy it on the host; its devices stay ungrantable until it is gone"
            }
            Subject::MissingDevice(_) => {
                "put the device back or delete the instance that holds it; the claim stands until then"
            }
            Subject::NeverDead(_) => {
                "the host was alive while it was asserted down: check its instances for writes from two guests"
            }
        }
    }
}

/// The row's key beside its host, and what operators read.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::UnknownGuest(tag) => write!(f, "unknown_guest:{tag}"),
            Subject::MissingDevice(address) => write!(f, "missing_device:{address}"),
            Subject::NeverDead(boot_id) => write!(f, "never_dead:{boot_id}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Discrepancy {
    pub host: HostId,
    pub subject: Subject,
    pub since: Moment,
}
