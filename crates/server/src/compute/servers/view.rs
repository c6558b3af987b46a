//! A server as Nova shows it, by version and by who looks.

use serde_json::{Value, json};
use sha2::{Digest, Sha224};
use steadfast_model::ids::Moment;
use steadfast_model::instance::Instance;

use super::read::Server;
use super::status::{Status, power_state};
use crate::compute::flavors;
use crate::compute::links::{bookmark, links};
use crate::compute::os_services::liveness;
use crate::compute::zone::ZONE;
use crate::endpoint::Endpoint;
use crate::http::microversion::Microversion;
use crate::http::stamp::{micros, seconds};
use crate::http::versions::compute as v;

/// Who looks, at which version, and when.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    pub endpoint: &'a Endpoint,
    pub version: Microversion,
    pub admin: bool,
    pub now: Moment,
}

impl Viewer<'_> {
    /// A line of the short list.
    #[must_use]
    pub fn name(&self, instance: &Instance) -> Value {
        let id = instance.id.to_string();
        json!({"id": id, "name": instance.name, "links": links(self.endpoint, "servers", &id)})
    }

    /// A server in full, as lists show it.
    #[must_use]
    pub fn full(&self, server: &Server) -> Value {
        let instance = &*server.instance;
        let status = Status::of(instance);
        let mut shown = self.name(instance);
        shown["status"] = json!(status.name());
        shown["tenant_id"] = json!(instance.project);
        shown["user_id"] = json!(instance.user);
        shown["metadata"] = json!(instance.metadata);
        shown["hostId"] = json!(host_id(instance));
        shown["image"] = self.image(instance);
        shown["flavor"] = self.flavor(instance);
        shown["created"] = json!(seconds(instance.created_at));
        shown["updated"] = json!(seconds(instance.updated_at));
        shown["addresses"] = json!({});
        shown["accessIPv4"] = json!("");
        shown["accessIPv6"] = json!("");
        shown["config_drive"] = json!("");
        shown["key_name"] = json!(instance.key_name);
        shown["OS-DCF:diskConfig"] = json!("MANUAL");
        shown["OS-EXT-AZ:availability_zone"] = json!(if instance.host.is_some() { ZONE } else { "" });
        shown["OS-SRV-USG:launched_at"] = json!(instance.launched_at.map(micros));
        shown["OS-SRV-USG:terminated_at"] = json!(instance.terminated_at.map(micros));
        shown["OS-EXT-STS:vm_state"] = json!(instance.vm_state.name());
        shown["OS-EXT-STS:task_state"] = json!(instance.task_state());
        shown["OS-EXT-STS:power_state"] = json!(power_state(instance));
        shown["os-extended-volumes:volumes_attached"] = json!([]);
        if let Some(progress) = status.progress() {
            shown["progress"] = json!(progress);
        }
        if matches!(status, Status::Error | Status::Deleted) {
            self.fault(instance, &mut shown);
        }
        if self.admin {
            self.operators(server, &mut shown);
        }
        self.later(instance, &mut shown);
        shown
    }

    /// A server in full, shown alone.
    #[must_use]
    pub fn alone(&self, server: &Server) -> Value {
        let mut shown = self.full(server);
        if self.version >= v::SERVER_GROUPS_OF_SERVER {
            shown["server_groups"] = json!([]);
        }
        shown
    }

    fn image(&self, instance: &Instance) -> Value {
        let Some(id) = instance.image else { return json!("") };
        let id = id.to_string();
        json!({"id": id, "links": bookmark(self.endpoint, "images", &id)})
    }

    fn flavor(&self, instance: &Instance) -> Value {
        if self.version >= v::SERVER_FLAVOR_EMBEDDED {
            return flavors::view::embedded(&instance.flavor);
        }
        let id = instance.flavor.id.as_str();
        json!({"id": id, "links": bookmark(self.endpoint, "flavors", id)})
    }

    /// Why the last operation failed. The sentence names hosts, which are none of a user's business.
    fn fault(&self, instance: &Instance, shown: &mut Value) {
        let Some(fault) = &instance.fault else { return };
        let message =
            if self.admin { &fault.message } else { "The site could not do it; an operator can see why." };
        shown["fault"] = json!({"code": fault.code, "created": seconds(fault.at), "message": message});
        if self.admin {
            shown["fault"]["details"] = json!("");
        }
    }

    /// What operators see of a server.
    fn operators(&self, server: &Server, shown: &mut Value) {
        let instance = &*server.instance;
        shown["OS-EXT-SRV-ATTR:host"] = json!(instance.host);
        shown["OS-EXT-SRV-ATTR:hypervisor_hostname"] = json!(instance.host);
        shown["OS-EXT-SRV-ATTR:instance_name"] =
            json!(server.home.map_or_else(String::new, |id| id.to_string()));
        if self.version >= v::SERVER_ATTRIBUTES {
            shown["OS-EXT-SRV-ATTR:hostname"] = json!(hostname(&instance.name));
            shown["OS-EXT-SRV-ATTR:kernel_id"] = json!("");
            shown["OS-EXT-SRV-ATTR:ramdisk_id"] = json!("");
            shown["OS-EXT-SRV-ATTR:launch_index"] = json!(0);
            shown["OS-EXT-SRV-ATTR:reservation_id"] = json!(reservation(instance));
            shown["OS-EXT-SRV-ATTR:root_device_name"] = json!(null);
            shown["OS-EXT-SRV-ATTR:user_data"] = json!(null);
        }
        if self.version >= v::SERVER_HOST_STATUS {
            let status = server.host.as_ref().map_or("", |host| liveness::host_status(host, self.now));
            shown["host_status"] = json!(status);
        }
    }

    /// What later versions added for everyone.
    fn later(&self, instance: &Instance, shown: &mut Value) {
        let none = || json!(null);
        let added: [(Microversion, &str, Value); 7] = [
            (v::SERVER_LOCKED, "locked", json!(false)),
            (v::SERVER_DESCRIPTION, "description", json!(instance.description)),
            (v::SERVER_TAGS, "tags", json!([])),
            (v::SERVER_TRUSTED_CERTIFICATES, "trusted_image_certificates", none()),
            (v::SERVER_LOCKED_REASON, "locked_reason", none()),
            (v::SERVER_HOSTNAME, "OS-EXT-SRV-ATTR:hostname", json!(hostname(&instance.name))),
            (v::SERVER_PINNED_ZONE, "pinned_availability_zone", none()),
        ];
        for (since, key, value) in added {
            if self.version >= since {
                shown[key] = value;
            }
        }
    }
}

/// Names a host to a user without telling which: the same for all servers of a project on one host.
#[must_use]
pub fn host_id(instance: &Instance) -> String {
    let Some(host) = &instance.host else { return String::new() };
    let digest = Sha224::new().chain_update(instance.project.as_str()).chain_update(host.as_str()).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name that a guest would give itself.
fn hostname(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(word).take(63).collect();
    name.trim_matches('-').to_owned()
}

/// Nova groups the servers of one request; here each request makes one.
#[must_use]
pub fn reservation(instance: &Instance) -> String {
    let id = instance.id.0.simple().to_string();
    format!("r-{}", &id[id.len() - 8..])
}
