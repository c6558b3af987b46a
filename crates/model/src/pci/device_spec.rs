//! `device_spec`: which of a host's PCI functions may be given to instances, and what they are called.
//!
//! The keys and their meaning are Nova's, so that a site can bring its configuration along; `sanitizer` is our own.
//! Free tags stand in a `tags` table of their own, so that a misspelt key is refused and not taken for a tag.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{AddressGlob, AddressGlobError, Discovered, HexId, HexIdError, Observed};
use crate::ids::{NameError, SanitizerName};

/// The longest name that Placement takes for a resource class or a trait.
const PLACEMENT_NAME_LEN_MAX: usize = 255;
/// The most traits that one `device_spec` may carry.
const TRAITS_MAX: usize = 64;
/// The most free tags that one `device_spec` or `alias` may carry.
const TAGS_MAX: usize = 32;
/// The longest key or value of a free tag.
const TAG_LEN_MAX: usize = 255;

/// Resource classes of Placement's own that a device may be counted in; any other is a custom one.
const STANDARD_CLASSES: [&str; 5] = ["FPGA", "PCI_DEVICE", "PGPU", "SRIOV_NET_VF", "VGPU"];
/// The name spaces of Placement's own traits; any other trait is a custom one.
const STANDARD_TRAITS: [&str; 5] = ["COMPUTE_", "HW_", "MISC_", "OWNER_", "STORAGE_"];
/// Keys with a meaning in Nova that Steadfast does not give them. As free tags they would promise it.
const NOVA_ONLY: [&str; 7] = [
    "devname",
    "live_migratable",
    "managed",
    "one_time_use",
    "physical_network",
    "remote_managed",
    "trusted",
];

/// One `device_spec`: devices that match it may be given to instances.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Entry", into = "Entry")]
pub struct DeviceSpec {
    /// Absent: every vendor.
    pub vendor: Option<HexId>,
    /// Absent: every product.
    pub product: Option<HexId>,
    pub address: AddressGlob,
    /// Normalised as Placement wants it; absent means `CUSTOM_PCI_<VENDOR>_<PRODUCT>`.
    pub resource_class: Option<String>,
    /// Normalised as Placement wants them.
    pub traits: BTreeSet<String>,
    pub tags: BTreeMap<String, String>,
    /// How the device is sanitised before it is granted for the first time, and between two grants; absent: it is not.
    pub sanitizer: Option<SanitizerName>,
}

/// A `device_spec` as it is written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traits: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sanitizer: Option<String>,
    /// Everything else, to be refused by name.
    #[serde(flatten, skip_serializing)]
    unknown: BTreeMap<String, IgnoredAny>,
}

/// Why a `device_spec` was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceSpecError {
    #[error(
        "device_spec does not know the key `{0}`; it knows vendor_id, product_id, address, resource_class, traits and sanitizer, and free tags go into `tags`"
    )]
    UnknownKey(String),
    #[error("device_spec {key}: {why}, or `*` for any")]
    Id { key: &'static str, why: HexIdError },
    #[error("device_spec address: {0}")]
    Address(#[from] AddressGlobError),
    #[error(
        "device_spec {key} `{text}` makes no name for Placement; use letters, digits and `_`, at most {PLACEMENT_NAME_LEN_MAX} with the prefix CUSTOM_"
    )]
    PlacementName { key: &'static str, text: String },
    #[error("a device_spec carries at most {TRAITS_MAX} traits, not {0}")]
    TooManyTraits(usize),
    #[error("device_spec tags: {0}")]
    Tags(#[from] TagsError),
    #[error("device_spec sanitizer: {0}")]
    Sanitizer(#[from] NameError),
}

/// Why a table of free tags was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagsError {
    #[error("at most {TAGS_MAX} are allowed, not {0}")]
    TooMany(usize),
    #[error("the key and value of `{0}` must have 1 to {TAG_LEN_MAX} characters each")]
    Length(String),
    #[error("`{0}` has a meaning in Nova that Steadfast does not give it; choose another name")]
    NovaOnly(String),
}

impl DeviceSpec {
    /// Whether it chooses `device`. An address that names exactly one function chooses that function's
    /// virtual functions as well.
    #[must_use]
    pub fn matches(&self, device: &Discovered) -> bool {
        let own = self.address.matches(device.address);
        let of_parent =
            self.address.is_one_function() && device.parent.is_some_and(|pf| self.address.matches(pf));
        self.vendor.is_none_or(|id| id == device.vendor)
            && self.product.is_none_or(|id| id == device.product)
            && (own || of_parent)
    }

    fn observe(&self, device: &Discovered) -> Observed {
        Observed {
            address: device.address,
            kind: device.kind,
            vendor: device.vendor,
            product: device.product,
            numa_node: device.numa_node,
            parent: device.parent,
            resource_class: self.resource_class.clone(),
            traits: self.traits.clone(),
            tags: self.tags.clone(),
            sanitizer: self.sanitizer.clone(),
        }
    }
}

/// The devices that may be given to instances, each tagged by the first spec that matches it. Without any
/// spec there are none.
#[must_use]
pub fn choose(specs: &[DeviceSpec], devices: &[Discovered]) -> Vec<Observed> {
    let first =
        |device: &Discovered| specs.iter().find(|spec| spec.matches(device)).map(|spec| spec.observe(device));
    devices.iter().filter_map(first).collect()
}

/// Checks a table of free tags.
pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), TagsError> {
    if tags.len() > TAGS_MAX {
        return Err(TagsError::TooMany(tags.len()));
    }
    let fits = |text: &str| (1..=TAG_LEN_MAX).contains(&text.chars().count());
    for (key, value) in tags {
        if !fits(key) || !fits(value) {
            return Err(TagsError::Length(key.chars().take(TAG_LEN_MAX).collect()));
        }
        if NOVA_ONLY.contains(&key.as_str()) {
            return Err(TagsError::NovaOnly(key.clone()));
        }
    }
    Ok(())
}

impl TryFrom<Entry> for DeviceSpec {
    type Error = DeviceSpecError;

    fn try_from(entry: Entry) -> Result<Self, DeviceSpecError> {
        if let Some((key, _)) = entry.unknown.into_iter().next() {
            return Err(DeviceSpecError::UnknownKey(key));
        }
        check_tags(&entry.tags)?;
        Ok(DeviceSpec {
            vendor: id("vendor_id", entry.vendor_id)?,
            product: id("product_id", entry.product_id)?,
            address: entry.address.map_or(Ok(AddressGlob::default()), |text| text.parse())?,
            resource_class: entry.resource_class.map(|text| resource_class(&text)).transpose()?,
            traits: traits(entry.traits.as_deref().unwrap_or_default())?,
            tags: entry.tags,
            sanitizer: entry.sanitizer.map(|text| text.parse()).transpose()?,
        })
    }
}

impl From<DeviceSpec> for Entry {
    fn from(spec: DeviceSpec) -> Entry {
        let traits: Vec<String> = spec.traits.into_iter().collect();
        Entry {
            vendor_id: spec.vendor.map(String::from),
            product_id: spec.product.map(String::from),
            address: Some(spec.address.to_string()),
            resource_class: spec.resource_class,
            traits: (!traits.is_empty()).then(|| traits.join(",")),
            tags: spec.tags,
            sanitizer: spec.sanitizer.map(String::from),
            unknown: BTreeMap::new(),
        }
    }
}

fn id(key: &'static str, text: Option<String>) -> Result<Option<HexId>, DeviceSpecError> {
    match text.as_deref() {
        None | Some("*") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|why| DeviceSpecError::Id { key, why }),
    }
}

fn resource_class(text: &str) -> Result<String, DeviceSpecError> {
    placement_name("resource_class", text, |name| STANDARD_CLASSES.contains(&name))
}

fn traits(list: &str) -> Result<BTreeSet<String>, DeviceSpecError> {
    let standard = |name: &str| STANDARD_TRAITS.iter().any(|space| name.starts_with(space));
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let traits =
        names.map(|name| placement_name("traits", name, standard)).collect::<Result<BTreeSet<_>, _>>()?;
    if traits.len() > TRAITS_MAX {
        return Err(DeviceSpecError::TooManyTraits(traits.len()));
    }
    Ok(traits)
}

/// Upper case, every run of other characters one `_`, and `CUSTOM_` before what is not Placement's own.
fn placement_name(
    key: &'static str,
    text: &str,
    standard: impl Fn(&str) -> bool,
) -> Result<String, DeviceSpecError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut name = String::new();
    let mut in_run = false;
    for c in text.trim().chars() {
        match (fits(c), in_run) {
            (true, _) => name.push(c.to_ascii_uppercase()),
            (false, false) => name.push('_'),
            (false, true) => {}
        }
        in_run = !fits(c);
    }
    let says_something = name.bytes().any(|b| b.is_ascii_alphanumeric());
    if !standard(&name) && !name.starts_with("CUSTOM_") {
        name.insert_str(0, "CUSTOM_");
    }
    if !says_something || name.len() > PLACEMENT_NAME_LEN_MAX {
        let text = text.chars().take(PLACEMENT_NAME_LEN_MAX).collect();
        return Err(DeviceSpecError::PlacementName { key, text });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::Kind;

    fn spec(toml: &str) -> DeviceSpec {
        toml::from_str(toml).expect(toml)
    }

    fn device(address: &str, kind: Kind, product: u16, parent: Option<&str>) -> Discovered {
        Discovered {
            address: address.parse().expect("an address"),
            kind,
            vendor: HexId(0x8086),
            product: HexId(product),
            class: 0x02_0000,
            driver: None,
            numa_node: Some(1),
            parent: parent.map(|pf| pf.parse().expect("an address")),
            vfs_max: 0,
        }
    }

    /// Two PFs with two VFs each, and a standalone device.
    fn host() -> Vec<Discovered> {
        vec![
            device("0000:3b:00.0", Kind::Pf, 0x1572, None),
            device("0000:3b:02.0", Kind::Vf, 0x154c, Some("0000:3b:00.0")),
            device("0000:3b:02.1", Kind::Vf, 0x154c, Some("0000:3b:00.0")),
            device("0000:3b:00.1", Kind::Pf, 0x1572, None),
            device("0000:3b:0a.0", Kind::Vf, 0x154c, Some("0000:3b:00.1")),
            device("0001:af:00.0", Kind::Pci, 0x0953, None),
        ]
    }

    #[test]
    fn specs_choose_devices() {
        let table: &[(&str, &[&str])] = &[
            ("", &["3b:00.0", "3b:02.0", "3b:02.1", "3b:00.1", "3b:0a.0", "af:00.0"]),
            ("vendor_id = '10de'", &[]),
            ("vendor_id = '8086'\nproduct_id = '953'", &["af:00.0"]),
            ("vendor_id = '*'\nproduct_id = '154C'", &["3b:02.0", "3b:02.1", "3b:0a.0"]),
            // A PF's address covers its VFs, a glob that merely happens to match the PF does not.
            ("address = '0000:3b:00.0'", &["3b:00.0", "3b:02.0", "3b:02.1"]),
            ("address = '0000:3b:00.0'\nproduct_id = '154c'", &["3b:02.0", "3b:02.1"]),
            ("address = '*:3b:00.*'", &["3b:00.0", "3b:00.1"]),
            ("address = '3b:02.'", &["3b:02.0", "3b:02.1"]),
            ("address = '.1'", &["3b:02.1", "3b:00.1"]),
            ("address = '0001::'", &["af:00.0"]),
        ];
        for (toml, chosen) in table {
            let found: Vec<String> = choose(&[spec(toml)], &host())
                .iter()
                .map(|seen| seen.address.to_string()[5..].to_owned())
                .collect();
            assert_eq!(&found, chosen, "{toml}");
        }
    }

    #[test]
    fn the_first_match_tags() {
        let specs = [
            spec(
                "product_id = '154c'\nresource_class = 'fast nic'\ntraits = 'HW_NIC_SRIOV, gold!!tier'\ntags = {rack = 'b'}",
            ),
            spec("vendor_id = '8086'"),
        ];
        let seen = choose(&specs, &host());
        assert_eq!(seen.len(), 6);
        let vf = seen.iter().find(|seen| seen.kind == Kind::Vf).expect("a VF");
        assert_eq!(vf.resource_class.as_deref(), Some("CUSTOM_FAST_NIC"));
        assert_eq!(vf.traits, BTreeSet::from(["CUSTOM_GOLD_TIER".to_owned(), "HW_NIC_SRIOV".to_owned()]));
        assert_eq!(vf.tags["rack"], "b");
        assert_eq!(vf.numa_node, Some(1));
        let pf = seen.iter().find(|seen| seen.kind == Kind::Pf).expect("a PF");
        assert_eq!((pf.resource_class.as_ref(), pf.traits.len(), pf.tags.len()), (None, 0, 0));
        assert_eq!(choose(&[], &host()), []);
    }

    #[test]
    fn bad_specs_are_refused_in_one_sentence() {
        let table = [
            ("devname = 'eth0'", "does not know the key `devname`"),
            ("vendor_id = '10000'", "vendor_id: `10000` is not a PCI id"),
            ("product_id = 'xyz'", "product_id: `xyz` is not a PCI id"),
            ("address = '0000:3b:00.8'", "address: `0000:3b:00.8`"),
            ("address = {domain = '.*'}", "invalid type: map, expected a string"),
            ("resource_class = '!?'", "resource_class `!?` makes no name"),
            ("traits = 'A,-'", "traits `-` makes no name"),
            ("tags = {one_time_use = 'true'}", "`one_time_use` has a meaning in Nova"),
            ("tags = {'' = 'x'}", "must have 1 to 255"),
            ("sanitizer = 'nvme format'", "sanitizer: `nvme format` is not a valid sanitizer name"),
            ("tags = {rack = 7}", "invalid type: integer"),
        ];
        for (toml, sentence) in table {
            let refused = toml::from_str::<DeviceSpec>(toml).expect_err(toml).to_string();
            assert!(refused.contains(sentence), "{toml}: {refused}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let full = spec(
            "vendor_id = '8086'\naddress = '3b:02.'\nresource_class = 'vf'\ntraits = 'a,b'\nsanitizer = 'reset'\ntags = {rack = 'b'}",
        );
        for spec in [full, spec("")] {
            let json = serde_json::to_string(&spec).expect("specs have text keys");
            assert_eq!(serde_json::from_str::<DeviceSpec>(&json).expect(&json), spec, "{json}");
        }
    }
}
