//! A device as a host reports it, and as the store holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Address, Dirt};
use crate::ids::{ClaimId, HostId, SanitizerName};

/// A PCI vendor or product id: four hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HexId(pub u16);

/// Why a text is not a vendor or product id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a PCI id; one is up to four hexadecimal digits, such as 10de")]
pub struct HexIdError(pub String);

impl FromStr for HexId {
    type Err = HexIdError;

    fn from_str(text: &str) -> Result<Self, HexIdError> {
        let hex = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = hex.then(|| u16::from_str_radix(text, 16).ok()).flatten();
        id.map(HexId).ok_or_else(|| HexIdError(text.to_owned()))
    }
}

impl fmt::Display for HexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl fmt::Debug for HexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for HexId {
    type Error = HexIdError;

    fn try_from(text: String) -> Result<Self, HexIdError> {
        text.parse()
    }
}

impl From<HexId> for String {
    fn from(id: HexId) -> String {
        id.to_string()
    }
}

/// What a PCI function is: a standalone device, an SR-IOV physical function, or one of its virtual functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    #[serde(rename = "type-PCI")]
    Pci,
    #[serde(rename = "type-PF")]
    Pf,
    #[serde(rename = "type-VF")]
    Vf,
}

/// A PCI function as its host shows it, before any `device_spec` chose it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discovered {
    pub address: Address,
    pub kind: Kind,
    pub vendor: HexId,
    pub product: HexId,
    /// PCI's class code: base class, subclass and programming interface, in 24 bits.
    #[serde(default)]
    pub class: u32,
    /// The kernel driver that it is bound to.
    #[serde(default)]
    pub driver: Option<String>,
    /// The NUMA cell that it hangs off; absent where the firmware does not say.
    #[serde(default)]
    pub numa_node: Option<u16>,
    /// The physical function of a virtual one.
    #[serde(default)]
    pub parent: Option<Address>,
    /// How many virtual functions it can be split into.
    #[serde(default)]
    pub vfs_max: u16,
}

/// A device as an agent observed it, after its `device_spec` chose and tagged it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Observed {
    pub address: Address,
    pub kind: Kind,
    pub vendor: HexId,
    pub product: HexId,
    /// The NUMA cell that the device hangs off; absent where the firmware does not say.
    pub numa_node: Option<u16>,
    /// The physical function of a virtual one.
    pub parent: Option<Address>,
    /// Placement's resource class; absent means `CUSTOM_PCI_<VENDOR>_<PRODUCT>`.
    pub resource_class: Option<String>,
    pub traits: BTreeSet<String>,
    /// Free tags of the `device_spec`, which an alias may ask for.
    pub tags: BTreeMap<String, String>,
    /// How its host's agent sanitises it between two grants; absent: it need not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanitizer: Option<SanitizerName>,
}

/// A device and all that share its hardware: its physical function, or its virtual ones.
#[must_use]
pub fn family(devices: &[Observed], of: Address) -> BTreeSet<Address> {
    let related = |seen: &Observed| {
        if seen.address == of { seen.parent } else { Some(seen.address).filter(|_| seen.parent == Some(of)) }
    };
    devices.iter().filter_map(related).chain([of]).collect()
}

/// A device as the store holds it: one record owns, and this is the record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Device {
    pub host: HostId,
    pub seen: Observed,
    /// The claim that owns the device. Unowned exactly when this is empty (rule 1).
    pub owner: Option<ClaimId>,
    /// Whether the newest report still listed it. An owned device that vanishes stays owned.
    pub present: bool,
    /// A guest that no claim explains holds it, as the newest report said.
    pub foreign: bool,
    /// What it has to be sanitised of before it is granted; none for a clean one. See [`Dirt`].
    pub dirt: Option<Dirt>,
    /// Why its host's agent could not sanitise it when it last tried.
    pub stuck: Option<String>,
}
