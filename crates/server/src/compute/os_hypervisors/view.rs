//! A host as Nova shows a hypervisor.

use serde_json::{Value, json};
use steadfast_model::host::Host;
use steadfast_model::ids::Moment;
use steadfast_model::inventory::ResourceClass;

use super::read::Hypervisor;
use crate::compute::number::number;
use crate::compute::os_services::liveness;
use crate::http::microversion::Microversion;
use crate::http::versions::compute::{HYPERVISOR_CPU_INFO_OBJECT, HYPERVISOR_NO_USAGE, STRICT, UUIDS};

/// A line of the short list.
#[must_use]
pub fn name(version: Microversion, now: Moment, host: &Host) -> Value {
    json!({
        "id": id(version, host),
        "hypervisor_hostname": host.id,
        "state": liveness::state(host, now),
        "status": liveness::status(host),
    })
}

/// A hypervisor in full.
#[must_use]
pub fn full(version: Microversion, now: Moment, with_servers: bool, hypervisor: &Hypervisor) -> Value {
    let host = &*hypervisor.host;
    let mut shown = name(version, now, host);
    shown["hypervisor_type"] = json!(host.machine.hypervisor_type);
    shown["hypervisor_version"] = json!(host.machine.hypervisor_version);
    shown["host_ip"] = json!(host.machine.host_ip);
    shown["service"] =
        json!({"id": id(version, host), "host": host.id, "disabled_reason": liveness::disabled_reason(host)});
    if version >= HYPERVISOR_NO_USAGE {
        shown["uptime"] = json!(null);
    } else {
        usage(version, hypervisor, &mut shown);
    }
    servers(version, with_servers, hypervisor, &mut shown);
    shown
}

/// The servers that live there. None at all was no list before 2.75.
pub fn servers(version: Microversion, wanted: bool, hypervisor: &Hypervisor, shown: &mut Value) {
    let servers: Vec<Value> =
        hypervisor.servers.iter().map(|server| json!({"uuid": server.id, "name": server.name})).collect();
    if wanted && (version >= STRICT || !servers.is_empty()) {
        shown["servers"] = json!(servers);
    }
}

fn usage(version: Microversion, hypervisor: &Hypervisor, shown: &mut Value) {
    let classes = [
        (ResourceClass::Vcpu, "vcpus", "vcpus_used", None),
        (ResourceClass::MemoryMb, "memory_mb", "memory_mb_used", Some("free_ram_mb")),
        (ResourceClass::DiskGb, "local_gb", "local_gb_used", Some("free_disk_gb")),
    ];
    for (class, total_key, used_key, free_key) in classes {
        let (total, used) = (hypervisor.total(class), hypervisor.used(class));
        shown[total_key] = json!(total);
        shown[used_key] = json!(used);
        if let Some(free_key) = free_key {
            // More may be claimed than there is, by the ratio: then less than nothing is free.
            let free = i128::from(total) - i128::from(used);
            shown[free_key] = json!(i64::try_from(free).unwrap_or(i64::MIN));
        }
    }
    shown["disk_available_least"] = json!(null);
    shown["running_vms"] = json!(hypervisor.servers.len());
    let busy = hypervisor.servers.iter().filter(|server| server.operation.is_some()).count();
    shown["current_workload"] = json!(busy);
    shown["cpu_info"] = if version >= HYPERVISOR_CPU_INFO_OBJECT { json!({}) } else { json!("") };
}

fn id(version: Microversion, host: &Host) -> Value {
    if version >= UUIDS { json!(host.uuid) } else { json!(number(host.uuid)) }
}
