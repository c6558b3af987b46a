//! PCI functions: what they are, where they hang, and which are parts of which.
//!
//! A virtual function that passed for a standalone device could be given beside its physical function. So the
//! two sides of the relation, `physfn` here and `virtfn*` there, must agree; a function for which they do not,
//! or whose side cannot be read, is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use steadfast_model::pci::{Address, Discovered, HexId, Kind};

use super::attribute::{link_name, list, malformed, read_as, require};
use super::{SkipReason, Skipped, note, skip};

const DEVICES: &str = "sys/bus/pci/devices";
const ADDRESS: &str = "a link to a PCI function";

/// A function, and the virtual functions that it calls its own.
struct Function {
    device: Discovered,
    parts: Vec<Address>,
}

/// Every PCI function of the machine, in order of address.
pub fn discover(root: &Path, skipped: &mut Vec<Skipped>) -> Vec<Discovered> {
    let names = note(list(root, Path::new(DEVICES)), skipped).flatten().unwrap_or_default();
    let mut functions = BTreeMap::new();
    for name in names {
        if let Some(found) = note(function(root, &name), skipped) {
            functions.insert(found.device.address, found);
        }
    }
    for (whole, part) in disowned(&functions) {
        functions.remove(&part);
        skipped.push(skip(&place(&part.to_string()), SkipReason::Disowned { physical: whole.to_string() }));
    }
    functions.into_values().map(|found| found.device).collect()
}

/// Functions that another one calls its own while they say something else.
fn disowned(functions: &BTreeMap<Address, Function>) -> Vec<(Address, Address)> {
    let claims = functions.values().flat_map(|pf| pf.parts.iter().map(|part| (pf.device.address, *part)));
    let agrees = |(whole, part): &(Address, Address)| {
        functions.get(part).is_none_or(|found| found.device.parent == Some(*whole))
    };
    claims.filter(|claim| !agrees(claim)).collect()
}

fn function(root: &Path, name: &str) -> Result<Function, Skipped> {
    let path = place(name);
    let address: Address = name.parse().map_err(|why| skip(&path, SkipReason::Nameless(why)))?;
    let parent = parent(root, &path)?;
    let vfs_max = read_as(root, &path.join("sriov_totalvfs"), "a number of virtual functions", |text| {
        text.parse().ok()
    })?;
    let vfs_max: u16 = vfs_max.unwrap_or_default();
    let device = Discovered {
        address,
        kind: match (parent, vfs_max) {
            (Some(_), _) => Kind::Vf,
            (None, 1..) => Kind::Pf,
            (None, 0) => Kind::Pci,
        },
        vendor: require(root, &path.join("vendor"), "a vendor id such as 0x8086", id)?,
        product: require(root, &path.join("device"), "a product id such as 0x1572", id)?,
        class: require(root, &path.join("class"), "a class such as 0x020000", class)?,
        driver: link_name(root, &path.join("driver"))?,
        numa_node: read_as(root, &path.join("numa_node"), "a NUMA cell or -1", numa_node)?.flatten(),
        parent,
        vfs_max,
    };
    Ok(Function { device, parts: parts(root, &path)? })
}

/// Where the function of this name is.
pub fn place(name: &str) -> PathBuf {
    PathBuf::from(DEVICES).join(name)
}

/// The physical function of a virtual one.
fn parent(root: &Path, path: &Path) -> Result<Option<Address>, Skipped> {
    let link = path.join("physfn");
    let Some(name) = link_name(root, &link)? else { return Ok(None) };
    name.parse().map(Some).map_err(|_| malformed(&link, &name, ADDRESS))
}

/// The virtual functions of a physical one.
fn parts(root: &Path, path: &Path) -> Result<Vec<Address>, Skipped> {
    let mut parts = Vec::new();
    for name in list(root, path)?.unwrap_or_default() {
        if !name.starts_with("virtfn") {
            continue;
        }
        let link = path.join(&name);
        let part = link_name(root, &link)?.unwrap_or_default();
        parts.push(part.parse().map_err(|_| malformed(&link, &part, ADDRESS))?);
    }
    Ok(parts)
}

fn id(text: &str) -> Option<HexId> {
    text.strip_prefix("0x")?.parse().ok()
}

/// Six hexadecimal digits; `from_str_radix` alone would take a sign.
fn class(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x")?;
    let exact = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    exact.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// The kernel writes -1 where the firmware does not say.
fn numa_node(text: &str) -> Option<Option<u16>> {
    if text == "-1" {
        return Some(None);
    }
    text.parse().ok().map(Some)
}
