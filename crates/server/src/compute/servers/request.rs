//! What a client sends to boot a server. Everything that Nova takes is known here; what this site cannot honour is
//! refused by name rather than forgotten.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::http::field::{since, unoffered, until};
use crate::http::integer::Integer;
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::text::{Description, Name};
use crate::http::versions::compute as v;

/// How many servers one request may make at Nova; here it is one.
const COUNT_MAX: u64 = 1000;

/// How many keys a server's metadata may have, and the most characters of each key and value.
const METADATA_ITEMS_MAX: usize = 128;
const METADATA_CHARS_MAX: usize = 255;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub server: Asked,
    #[serde(rename = "os:scheduler_hints")]
    hints: Option<Value>,
    #[serde(rename = "OS-SCH-HNT:scheduler_hints")]
    old_hints: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub name: Name,
    #[serde(rename = "flavorRef")]
    pub flavor: Reference,
    #[serde(rename = "imageRef")]
    image: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    pub description: Option<Description>,
    pub availability_zone: Option<String>,
    pub host: Option<String>,
    pub hypervisor_hostname: Option<String>,
    networks: Option<Value>,
    min_count: Option<Integer<1, COUNT_MAX>>,
    max_count: Option<Integer<1, COUNT_MAX>>,
    return_reservation_id: Option<bool>,
    config_drive: Option<bool>,
    #[serde(rename = "OS-DCF:diskConfig")]
    disk_config: Option<DiskConfig>,
    block_device_mapping_v2: Option<Vec<BlockDevice>>,
    tags: Option<Vec<String>>,
    trusted_image_certificates: Option<Vec<String>>,
    #[serde(flatten)]
    unoffered: Unoffered,
}

/// A flavor by id, or by a URL that ends in it. Some clients send a number.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "invalid type: expected the id of a flavor")]
pub enum Reference {
    Number(u64),
    Text(String),
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub enum DiskConfig {
    #[serde(rename = "AUTO")]
    Auto,
    #[serde(rename = "MANUAL")]
    Manual,
}

impl DiskConfig {
    /// Nobody partitions a guest's disk for it.
    pub fn check(asked: Option<DiskConfig>, place: &'static str) -> Result<(), Refusal> {
        match asked {
            None | Some(DiskConfig::Manual) => Ok(()),
            Some(DiskConfig::Auto) => {
                Err(unoffered(place, "guests partition their own disks here, send MANUAL"))
            }
        }
    }
}

/// The one block device that may be named: the image's own, as clients spell it out.
#[derive(Debug, Clone, Deserialize)]
struct BlockDevice {
    uuid: Option<String>,
    source_type: Option<String>,
    destination_type: Option<String>,
    boot_index: Option<Value>,
    delete_on_termination: Option<bool>,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

/// Declares the fields that are refused when they say anything, with the reason.
macro_rules! unoffered {
    ($($field:ident = $name:literal: $why:literal)*) => {
        #[derive(Debug, Clone, Deserialize)]
        struct Unoffered {
            $(#[serde(rename = $name)] $field: Option<Value>,)*
        }

        impl Unoffered {
            fn check(&self) -> Result<(), Refusal> {
                $(if says_something(self.$field.as_ref()) {
                    return Err(unoffered(concat!("server.", $name), $why));
                })*
                Ok(())
            }
        }
    };
}

unoffered! {
    key_name = "key_name": "there are no keypairs here, leave it out"
    user_data = "user_data": "guests here have no metadata service that could hand it over, leave it out"
    security_groups = "security_groups": "there is no network here, leave them out"
    admin_pass = "adminPass": "no password is put into guests here, leave it out"
    access_ipv4 = "accessIPv4": "there is no network here, leave it out"
    access_ipv6 = "accessIPv6": "there is no network here, leave it out"
    personality = "personality": "no files are put into guests here, leave it out"
    block_device_mapping = "block_device_mapping": "there are no volumes here, leave it out"
    hostname = "hostname": "no name is put into guests here, leave it out"
}

fn says_something(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(_)) => true,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
    }
}

impl Reference {
    /// The id at the end.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Reference::Number(number) => number.to_string(),
            Reference::Text(text) => text.rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }
}

impl Request {
    /// Checks all that needs no store.
    ///
    /// # Errors
    /// 400 for the first thing that is wrong, or that this site does not offer.
    pub fn check(&self, version: Microversion) -> Result<(), Refusal> {
        for (hints, place) in
            [(&self.hints, "os:scheduler_hints"), (&self.old_hints, "OS-SCH-HNT:scheduler_hints")]
        {
            if says_something(hints.as_ref()) {
                return Err(unoffered(place, "the scheduler takes no hints here, name a host instead"));
            }
        }
        let asked = &self.server;
        since(asked.description.is_some(), "server.description", v::SERVER_DESCRIPTION, version)?;
        since(asked.tags.is_some(), "server.tags", v::SERVER_TAGS_AT_BOOT, version)?;
        let certificates = asked.trusted_image_certificates.is_some();
        since(certificates, "server.trusted_image_certificates", v::SERVER_TRUSTED_CERTIFICATES, version)?;
        since(asked.host.is_some(), "server.host", v::SERVER_HOST_AT_BOOT, version)?;
        since(
            asked.hypervisor_hostname.is_some(),
            "server.hypervisor_hostname",
            v::SERVER_HOST_AT_BOOT,
            version,
        )?;
        since(asked.unoffered.hostname.is_some(), "server.hostname", v::SERVER_HOSTNAME, version)?;
        until(asked.unoffered.personality.is_some(), "server.personality", v::NO_PERSONALITY, version)?;
        asked.unoffered.check()?;
        asked.check_networks(version)?;
        asked.check_metadata()?;
        asked.check_rest()
    }
}

impl Asked {
    fn check_rest(&self) -> Result<(), Refusal> {
        let (min, max) = (self.min_count.map_or(1, |n| n.0), self.max_count.map_or(1, |n| n.0));
        if min > 1 || max > 1 || self.return_reservation_id == Some(true) {
            return Err(unoffered("server.max_count", "a request boots one server here, send one for each"));
        }
        if self.config_drive == Some(true) {
            return Err(unoffered("server.config_drive", "guests here have no config drive, leave it out"));
        }
        if self.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            return Err(unoffered("server.tags", "servers have no tags here, leave them out"));
        }
        if self.trusted_image_certificates.as_ref().is_some_and(|ids| !ids.is_empty()) {
            let place = "server.trusted_image_certificates";
            return Err(unoffered(place, "images are not signed here, leave them out"));
        }
        DiskConfig::check(self.disk_config, "server.OS-DCF:diskConfig")
    }

    /// There is no network: a server gets none, whether the client says so or leaves it to the site.
    fn check_networks(&self, version: Microversion) -> Result<(), Refusal> {
        let place = "server.networks";
        match &self.networks {
            None if version >= v::SERVER_NETWORKS_REQUIRED => {
                Err(unoffered(place, "it is required from API version 2.37 on, send `none`"))
            }
            None => Ok(()),
            Some(Value::String(word))
                if version >= v::SERVER_NETWORKS_REQUIRED && (word == "none" || word == "auto") =>
            {
                Ok(())
            }
            Some(Value::Array(networks)) if networks.is_empty() => Ok(()),
            Some(_) => Err(unoffered(place, "there is no network here, send `none`")),
        }
    }

    fn check_metadata(&self) -> Result<(), Refusal> {
        if self.metadata.len() > METADATA_ITEMS_MAX {
            return Err(unoffered("server.metadata", "a server has at most 128 keys of metadata"));
        }
        let fits = |text: &String| text.chars().count() <= METADATA_CHARS_MAX;
        let good = self.metadata.iter().all(|(key, value)| !key.is_empty() && fits(key) && fits(value));
        if good {
            Ok(())
        } else {
            Err(unoffered("server.metadata", "keys have 1 to 255 characters and values at most 255"))
        }
    }

    /// The image to boot from; none for a server without one.
    ///
    /// # Errors
    /// 400 when it is named twice and differently, or is no image's id, or a block device is another one than the
    /// image.
    pub fn image(&self) -> Result<Option<Uuid>, Refusal> {
        let place = "server.block_device_mapping_v2";
        let mut image = self
            .image
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(|text| parsed("server.imageRef", text))
            .transpose()?;
        let devices = self.block_device_mapping_v2.as_deref().unwrap_or_default();
        for device in devices {
            let from_image = device.source_type.as_deref() == Some("image");
            let local = device.destination_type.as_deref() == Some("local");
            let first = matches!(&device.boot_index, Some(Value::Number(n)) if n.as_u64() == Some(0))
                || matches!(&device.boot_index, Some(Value::String(n)) if n == "0");
            let kept = device.delete_on_termination == Some(false);
            let plain = !kept && device.more.values().all(|value| !says_something(Some(value)));
            if devices.len() > 1 || !from_image || !local || !first || !plain {
                return Err(unoffered(
                    place,
                    "there are no volumes here, a server boots from an image on local disk",
                ));
            }
            let named = parsed(place, device.uuid.as_deref().unwrap_or_default())?;
            if image.is_some_and(|image| image != named) {
                return Err(unoffered(place, "it names another image than server.imageRef does"));
            }
            image = Some(named);
        }
        Ok(image)
    }
}

fn parsed(place: &str, reference: &str) -> Result<Uuid, Refusal> {
    let id = reference.rsplit('/').next().unwrap_or_default();
    id.parse().map_err(|_| unoffered(place, "it is not the id of an image"))
}
