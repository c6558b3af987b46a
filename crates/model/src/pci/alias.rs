//! `alias`: the names under which flavors ask for devices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::device_spec::check_tags;
use super::{HexId, Kind, Observed, TagsError};

/// The longest name of an alias, in characters.
const ALIAS_NAME_LEN_MAX: usize = 256;
/// The most characters that a flavor's request for devices may have; Nova's limit of an extra spec's value.
const REQUEST_LEN_MAX: usize = 255;
/// The most devices that one flavor may ask for.
const REQUESTED_DEVICES_MAX: u32 = 64;

/// One `alias` as it is configured; several of one name are alternatives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<HexId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<HexId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<Kind>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What a device must be to be given under an alias. What is absent is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<HexId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<HexId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<Kind>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The aliases of a site by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aliases(BTreeMap<String, Vec<AliasSpec>>);

/// `count` devices, each of which meets one of `specs`. Stands on the instance's row, so that a change of the
/// configuration does not change what an instance was promised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    pub alias: String,
    pub count: u32,
    pub specs: Vec<AliasSpec>,
}

/// Why the configured aliases were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AliasError {
    #[error(
        "alias name `{0}` is refused: it needs 1 to {ALIAS_NAME_LEN_MAX} characters, none of them `:` or `,`"
    )]
    Name(String),
    #[error("alias `{0}` matches too much: give it vendor_id and product_id, or tags")]
    TooWide(String),
    #[error(
        "alias `{0}` is configured with different device_type values; entries of one name must agree on it"
    )]
    MixedKinds(String),
    #[error("alias `{name}` tags: {why}")]
    Tags { name: String, why: TagsError },
}

/// Why a flavor's request for devices was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("a request for PCI devices has at most {REQUEST_LEN_MAX} characters, not {0}")]
    TooLong(usize),
    #[error(
        "`{0}` does not ask for PCI devices; write name:count, several with commas between, such as gpu:2,nic:1"
    )]
    Malformed(String),
    #[error("PCI alias `{0}` is not defined; ask for one that the site's configuration defines")]
    UnknownAlias(String),
    #[error("PCI alias `{0}` is asked for with a count of 0; ask for at least 1, or leave it out")]
    NoDevices(String),
    #[error("more than {REQUESTED_DEVICES_MAX} PCI devices are asked for in one flavor; ask for fewer")]
    TooManyDevices,
}

impl Aliases {
    /// # Errors
    /// When an alias is malformed, or entries of one name disagree.
    pub fn new(entries: impl IntoIterator<Item = Alias>) -> Result<Self, AliasError> {
        let mut aliases = Aliases::default();
        for entry in entries {
            let (name, spec) = checked(entry)?;
            let specs = aliases.0.entry(name.clone()).or_default();
            if specs.first().is_some_and(|first| first.device_type != spec.device_type) {
                return Err(AliasError::MixedKinds(name));
            }
            specs.push(spec);
        }
        Ok(aliases)
    }

    /// Reads the extra spec `pci_passthrough:alias`: `name:count[,name:count…]`.
    ///
    /// # Errors
    /// When it is malformed, asks for an alias that is not defined, or for none or too many devices.
    pub fn requests(&self, extra_spec: &str) -> Result<Vec<DeviceRequest>, RequestError> {
        let len = extra_spec.chars().count();
        if len > REQUEST_LEN_MAX {
            return Err(RequestError::TooLong(len));
        }
        let requests = extra_spec.split(',').map(|part| self.request(part)).collect::<Result<Vec<_>, _>>()?;
        let devices = requests.iter().fold(0u32, |sum, request| sum.saturating_add(request.count));
        if devices > REQUESTED_DEVICES_MAX {
            return Err(RequestError::TooManyDevices);
        }
        Ok(requests)
    }

    fn request(&self, part: &str) -> Result<DeviceRequest, RequestError> {
        let malformed = || RequestError::Malformed(part.trim().to_owned());
        let (alias, count) = part.split_once(':').ok_or_else(malformed)?;
        let (alias, count) = (alias.trim(), count.trim());
        let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
        if alias.is_empty() || !digits {
            return Err(malformed());
        }
        let specs = self.0.get(alias).ok_or_else(|| RequestError::UnknownAlias(alias.to_owned()))?;
        // Digits that do not fit are a number all the same: one beyond every limit.
        match count.parse().unwrap_or(u32::MAX) {
            0 => Err(RequestError::NoDevices(alias.to_owned())),
            count => Ok(DeviceRequest { alias: alias.to_owned(), count, specs: specs.clone() }),
        }
    }
}

fn checked(entry: Alias) -> Result<(String, AliasSpec), AliasError> {
    let Alias { name, vendor_id, product_id, device_type, tags } = entry;
    let name = name.trim().to_owned();
    if !(1..=ALIAS_NAME_LEN_MAX).contains(&name.chars().count()) || name.contains([':', ',']) {
        return Err(AliasError::Name(name.chars().take(ALIAS_NAME_LEN_MAX).collect()));
    }
    if let Err(why) = check_tags(&tags) {
        return Err(AliasError::Tags { name, why });
    }
    if (vendor_id.is_none() || product_id.is_none()) && tags.is_empty() {
        return Err(AliasError::TooWide(name));
    }
    Ok((name, AliasSpec { vendor_id, product_id, device_type, tags }))
}

impl AliasSpec {
    /// Whether a device may be given under it. A whole physical function is given only where one is asked for:
    /// it would take its virtual functions with it.
    #[must_use]
    pub fn matches(&self, device: &Observed) -> bool {
        let kind = match self.device_type {
            Some(kind) => kind == device.kind,
            None => device.kind != Kind::Pf,
        };
        let tagged = |(key, value): (&String, &String)| {
            device.tags.get(key).is_some_and(|tag| tag.eq_ignore_ascii_case(value))
        };
        kind && self.vendor_id.is_none_or(|id| id == device.vendor)
            && self.product_id.is_none_or(|id| id == device.product)
            && self.tags.iter().all(tagged)
    }
}

impl DeviceRequest {
    /// Whether a device may be given for it.
    #[must_use]
    pub fn matches(&self, device: &Observed) -> bool {
        self.specs.iter().any(|spec| spec.matches(device))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const SITE: &str = "
        [[alias]]
        name = 'gpu'
        vendor_id = '10de'
        product_id = '2330'
        [[alias]]
        name = ' gpu '
        vendor_id = '1002'
        product_id = '74a1'
        [[alias]]
        name = 'nic'
        vendor_id = '8086'
        product_id = '154c'
        device_type = 'type-VF'
        [[alias]]
        name = 'whole nic'
        device_type = 'type-PF'
        tags = {rack = 'B'}
    ";

    fn aliases(toml: &str) -> Result<Aliases, String> {
        #[derive(Deserialize)]
        struct Site {
            alias: Vec<Alias>,
        }
        let site: Site = toml::from_str(toml).map_err(|e| e.to_string())?;
        Aliases::new(site.alias).map_err(|e| e.to_string())
    }

    #[test]
    fn flavors_ask_by_name_and_count() {
        let aliases = aliases(SITE).expect("a good site");
        /// A request's alias, count and number of alternatives.
        type Want = (&'static str, u32, usize);
        let table: [(&str, &[Want]); 5] = [
            ("gpu:2", &[("gpu", 2, 2)]),
            ("gpu:1,nic:3", &[("gpu", 1, 2), ("nic", 3, 1)]),
            (" whole nic : 1 , gpu:1", &[("whole nic", 1, 1), ("gpu", 1, 2)]),
            ("gpu:1,gpu:1", &[("gpu", 1, 2), ("gpu", 1, 2)]),
            ("nic:64", &[("nic", 64, 1)]),
        ];
        for (text, want) in table {
            let requests = aliases.requests(text).expect(text);
            let got: Vec<_> = requests.iter().map(|r| (r.alias.as_str(), r.count, r.specs.len())).collect();
            assert_eq!(got, want, "{text}");
            let json = serde_json::to_string(&requests).expect("requests have text keys");
            assert_eq!(serde_json::from_str::<Vec<DeviceRequest>>(&json).expect(&json), requests, "{json}");
        }
    }

    #[test]
    fn bad_requests_are_refused_in_one_sentence() {
        let aliases = aliases(SITE).expect("a good site");
        let long = "gpu:1,".repeat(100);
        let table = [
            ("", "`` does not ask for PCI devices"),
            ("gpu", "`gpu` does not ask"),
            ("gpu:1,", "`` does not ask"),
            ("gpu:-1", "`gpu:-1` does not ask"),
            ("gpu:+1", "`gpu:+1` does not ask"),
            ("gpu:1:1", "`gpu:1:1` does not ask"),
            (":1", "`:1` does not ask"),
            ("tpu:1", "`tpu` is not defined"),
            ("gpu:0", "a count of 0"),
            ("gpu:65", "more than 64"),
            ("gpu:40,nic:40", "more than 64"),
            ("gpu:99999999999999999999", "more than 64"),
            (long.as_str(), "at most 255 characters"),
        ];
        for (text, sentence) in table {
            let refused = aliases.requests(text).expect_err(text).to_string();
            assert!(refused.contains(sentence), "{text}: {refused}");
        }
    }

    #[test]
    fn bad_aliases_are_refused_in_one_sentence() {
        let ids = "vendor_id = '10de'\nproduct_id = '2330'";
        let table = [
            (format!("[[alias]]\nname = ' '\n{ids}"), "alias name `` is refused"),
            (format!("[[alias]]\nname = 'a:b'\n{ids}"), "alias name `a:b` is refused"),
            ("[[alias]]\nname = 'gpu'\nvendor_id = '10de'".to_owned(), "`gpu` matches too much"),
            (
                "[[alias]]\nname = 'gpu'\ntags = {managed = 'true'}".to_owned(),
                "`managed` has a meaning in Nova",
            ),
            (
                format!("[[alias]]\nname = 'gpu'\n{ids}\nnuma_policy = 'legacy'"),
                "unknown field `numa_policy`",
            ),
            (format!("[[alias]]\nname = 'gpu'\n{ids}\ndevice_type = 'vdpa'"), "unknown variant `vdpa`"),
            (
                format!(
                    "[[alias]]\nname = 'gpu'\n{ids}\n[[alias]]\nname = 'gpu'\n{ids}\ndevice_type = 'type-PF'"
                ),
                "different device_type",
            ),
        ];
        for (toml, sentence) in table {
            let refused = aliases(&toml).expect_err(&toml);
            assert!(refused.contains(sentence), "{toml}: {refused}");
        }
    }

    #[test]
    fn a_device_is_given_only_for_what_it_is() {
        let device = |kind, tags: &[(&str, &str)]| Observed {
            address: "0000:3b:00.0".parse().expect("an address"),
            kind,
            vendor: HexId(0x8086),
            product: HexId(0x154c),
            numa_node: None,
            parent: None,
            resource_class: None,
            traits: BTreeSet::new(),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            sanitizer: None,
        };
        let rack = [("rack", "b"), ("row", "7")];
        let table = [
            ("vendor_id = '8086'\nproduct_id = '154c'", device(Kind::Pci, &[]), true),
            ("vendor_id = '8086'\nproduct_id = '154c'", device(Kind::Vf, &rack), true),
            ("vendor_id = '8086'\nproduct_id = '154c'", device(Kind::Pf, &[]), false),
            ("vendor_id = '8086'\nproduct_id = '154c'\ndevice_type = 'type-PF'", device(Kind::Pf, &[]), true),
            (
                "vendor_id = '8086'\nproduct_id = '154c'\ndevice_type = 'type-PF'",
                device(Kind::Vf, &[]),
                false,
            ),
            ("vendor_id = '10de'\nproduct_id = '154c'", device(Kind::Pci, &[]), false),
            ("tags = {rack = 'B'}", device(Kind::Pci, &rack), true),
            ("tags = {rack = 'c'}", device(Kind::Pci, &rack), false),
            ("tags = {rack = 'b'}", device(Kind::Pci, &[]), false),
        ];
        for (toml, device, given) in table {
            let spec: AliasSpec = toml::from_str(toml).expect(toml);
            assert_eq!(spec.matches(&device), given, "{toml} {device:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[gpunic:, 0-9]{0,24}|\\PC*") {
            let aliases = aliases(SITE).expect("a good site");
            if let Ok(requests) = aliases.requests(&text) {
                prop_assert!(!requests.is_empty());
                prop_assert!(requests.iter().all(|request| request.count > 0 && !request.specs.is_empty()));
                prop_assert!(requests.iter().map(|request| request.count).sum::<u32>() <= REQUESTED_DEVICES_MAX);
            }
        }
    }
}
