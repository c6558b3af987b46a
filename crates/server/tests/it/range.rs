//! The whole range of versions that is offered: which members of an answer come and go with which version.

use serde_json::{Value, json};
use steadfast_server::http::microversion::Versions;
use steadfast_server::http::versions::{compute, placement};

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::Person;

/// One line for each version at which the members of the object at `pointer` are others than at the version before.
async fn changes(person: &Person<'_>, versions: &Versions, path: &str, pointer: &str) -> String {
    let mut lines = Vec::new();
    let mut before: Option<Vec<String>> = None;
    for change in versions.list {
        let header = format!("{} {}", versions.service_type, change.version);
        let answer = person.send(ask("GET", path).header("OpenStack-API-Version", &header)).await;
        let body = answer.json();
        let object = body.pointer(pointer).and_then(Value::as_object);
        let members: Vec<String> = match object {
            Some(object) => object.iter().map(|(key, value)| format!("{key}{}", form(value))).collect(),
            None => vec![answer.status.as_u16().to_string()],
        };
        let came =
            members.iter().filter(|member| before.as_ref().is_none_or(|before| !before.contains(member)));
        let went = before
            .iter()
            .flatten()
            .filter(|member| !members.contains(member))
            .map(|member| format!("-{member}"));
        let all: Vec<String> = went.chain(came.map(|member| format!("+{member}"))).collect();
        if !all.is_empty() {
            lines.push(format!("{}: {}", change.version, all.join(" ")));
        }
        before = Some(members);
    }
    lines.join("\n")
}

/// What kind of value a member has, where versions differ in that.
fn form(value: &Value) -> &'static str {
    match value {
        Value::String(text) if text.is_empty() => "=\"\"",
        Value::Object(_) => "{}",
        Value::Array(_) => "[]",
        Value::Null => "=null",
        Value::Bool(_) | Value::Number(_) | Value::String(_) => "",
    }
}

async fn check(person: &Person<'_>, versions: &Versions, path: &str, pointer: &str, expected: &str) {
    let found = changes(person, versions, path, pointer).await;
    let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&found), lines(expected), "{path}{pointer}:\n{found}");
}

/// A site with a server under evacuation from host1 to host2, in the eyes of an operator.
async fn site(api: &Api) -> (Person<'_>, String) {
    let admin = Person::new(api, "admin", Some("demo")).await;
    let mut host = Host::up(api, "host1").await;
    admin.flavor("small", Some("gpu:1,vf:1")).await;
    let server = admin.boot("s1", "small").await;
    host.obey().await;
    admin.force_down("host1").await;
    Host::up(api, "host2").await;
    admin.act(&server, &json!({"evacuate": {}})).await.expect(200);
    (admin, server)
}

const SERVER: &str = "
    2.1: +OS-DCF:diskConfig +OS-EXT-AZ:availability_zone +OS-EXT-SRV-ATTR:host
        +OS-EXT-SRV-ATTR:hypervisor_hostname +OS-EXT-SRV-ATTR:instance_name +OS-EXT-STS:power_state
        +OS-EXT-STS:task_state +OS-EXT-STS:vm_state +OS-SRV-USG:launched_at +OS-SRV-USG:terminated_at=null
        +accessIPv4=\"\" +accessIPv6=\"\" +addresses{} +config_drive=\"\" +created +flavor{} +hostId +id +image=\"\"
        +key_name=null +links[] +metadata{} +name +os-extended-volumes:volumes_attached[] +progress +status
        +tenant_id +updated +user_id
    2.3: +OS-EXT-SRV-ATTR:hostname +OS-EXT-SRV-ATTR:kernel_id=\"\" +OS-EXT-SRV-ATTR:launch_index
        +OS-EXT-SRV-ATTR:ramdisk_id=\"\" +OS-EXT-SRV-ATTR:reservation_id +OS-EXT-SRV-ATTR:root_device_name=null
        +OS-EXT-SRV-ATTR:user_data=null
    2.9: +locked
    2.16: +host_status
    2.19: +description=null
    2.26: +tags[]
    2.63: +trusted_image_certificates=null
    2.71: +server_groups[]
    2.73: +locked_reason=null
    2.96: +pinned_availability_zone=null";

const USERS_SERVER: &str = "
    2.1: +OS-DCF:diskConfig +OS-EXT-AZ:availability_zone +OS-EXT-STS:power_state +OS-EXT-STS:task_state
        +OS-EXT-STS:vm_state +OS-SRV-USG:launched_at +OS-SRV-USG:terminated_at=null +accessIPv4=\"\" +accessIPv6=\"\"
        +addresses{} +config_drive=\"\" +created +flavor{} +hostId +id +image=\"\" +key_name=null +links[]
        +metadata{} +name +os-extended-volumes:volumes_attached[] +progress +status +tenant_id +updated +user_id
    2.9: +locked
    2.19: +description=null
    2.26: +tags[]
    2.63: +trusted_image_certificates=null
    2.71: +server_groups[]
    2.73: +locked_reason=null
    2.90: +OS-EXT-SRV-ATTR:hostname
    2.96: +pinned_availability_zone=null";

const HYPERVISOR: &str = "
    2.1: +cpu_info=\"\" +current_workload +disk_available_least=null +free_disk_gb +free_ram_mb +host_ip
        +hypervisor_hostname +hypervisor_type +hypervisor_version +id +local_gb +local_gb_used +memory_mb
        +memory_mb_used +running_vms +service{} +state +status +vcpus +vcpus_used
    2.28: -cpu_info=\"\" +cpu_info{}
    2.53: +servers[]
    2.88: -cpu_info{} -current_workload -disk_available_least=null -free_disk_gb -free_ram_mb -local_gb
        -local_gb_used -memory_mb -memory_mb_used -running_vms -vcpus -vcpus_used +uptime=null";

const MIGRATION: &str = "
    2.1: +created_at +dest_compute +dest_host=null +dest_node +id +instance_uuid +new_instance_type_id=null
        +old_instance_type_id=null +source_compute +source_node +status +updated_at
    2.23: +migration_type
    2.59: +uuid
    2.80: +project_id +user_id";

const LIMITS: &str = "
    2.1: +maxImageMeta +maxPersonality +maxPersonalitySize +maxSecurityGroupRules +maxSecurityGroups
        +maxServerGroupMembers +maxServerGroups +maxServerMeta +maxTotalCores +maxTotalFloatingIps
        +maxTotalInstances +maxTotalKeypairs +maxTotalRAMSize +totalCoresUsed +totalFloatingIpsUsed
        +totalInstancesUsed +totalRAMUsed +totalSecurityGroupsUsed +totalServerGroupsUsed
    2.36: -maxSecurityGroupRules -maxSecurityGroups -maxTotalFloatingIps -totalFloatingIpsUsed
        -totalSecurityGroupsUsed
    2.39: -maxImageMeta
    2.57: -maxPersonality -maxPersonalitySize";

#[tokio::test]
async fn computes_answers_change_where_novas_do() {
    let api = Api::new();
    let (admin, server) = site(&api).await;
    let actions = admin.get(&format!("/compute/v2.1/servers/{server}/os-instance-actions")).await.json();
    let request = actions["instanceActions"][0]["request_id"].as_str().expect("an id").to_owned();
    let action = format!("servers/{server}/os-instance-actions/{request}");
    let table = [
        (format!("servers/{server}"), "/server", SERVER),
        ("servers/detail".to_owned(), "/servers/0", &SERVER.replace("2.71: +server_groups[]", "")),
        ("servers".to_owned(), "/servers/0", "2.1: +id +links[] +name"),
        (
            format!("servers/{server}"),
            "/server/flavor",
            "2.1: +id +links[]
             2.47: -id -links[] +disk +ephemeral +extra_specs{} +original_name +ram +swap +vcpus",
        ),
        (
            "flavors/small".to_owned(),
            "/flavor",
            "2.1: +OS-FLV-DISABLED:disabled +OS-FLV-EXT-DATA:ephemeral +disk +id +links[] +name
                +os-flavor-access:is_public +ram +rxtx_factor +swap=\"\" +vcpus
             2.55: +description=null
             2.61: +extra_specs{}
             2.75: -swap=\"\" +swap",
        ),
        ("flavors".to_owned(), "/flavors/0", "2.1: +id +links[] +name 2.55: +description=null"),
        (
            "os-services".to_owned(),
            "/services/0",
            "2.1: +binary +disabled_reason=null +host +id +state +status +updated_at +zone
             2.11: +forced_down",
        ),
        ("os-hypervisors".to_owned(), "/hypervisors/0", "2.1: +hypervisor_hostname +id +state +status"),
        ("os-hypervisors/detail?with_servers=true".to_owned(), "/hypervisors/0", HYPERVISOR),
        // A host without servers has no list of them before 2.75.
        (
            "os-hypervisors?with_servers=true".to_owned(),
            "/hypervisors/1",
            "2.1: +hypervisor_hostname +id +state +status 2.75: +servers[]",
        ),
        ("os-migrations".to_owned(), "/migrations/0", MIGRATION),
        (
            action.clone(),
            "/instanceAction",
            "2.1: +action +events[] +instance_uuid +message=null +project_id +request_id +start_time +user_id
             2.58: +updated_at",
        ),
        (
            action,
            "/instanceAction/events/0",
            "2.1: +event +finish_time=null +result=null +start_time +traceback=null
             2.62: +host=null +hostId=\"\"
             2.84: +details=null",
        ),
        (
            format!("servers/{server}/migrations"),
            "",
            "2.1: +itemNotFound{} 2.23: -itemNotFound{} +migrations[]",
        ),
        ("limits".to_owned(), "/limits/absolute", LIMITS),
    ];
    for (path, pointer, expected) in table {
        check(&admin, &compute::VERSIONS, &format!("/compute/v2.1/{path}"), pointer, expected).await;
    }
}

#[tokio::test]
async fn users_see_less_than_operators_at_every_version() {
    let api = Api::new();
    let (admin, server) = site(&api).await;
    let rita = Person::new(&api, "rita", None).await;
    let actions = admin.get(&format!("/compute/v2.1/servers/{server}/os-instance-actions")).await.json();
    let request = actions["instanceActions"][0]["request_id"].as_str().expect("an id").to_owned();
    let action = format!("/compute/v2.1/servers/{server}/os-instance-actions/{request}");
    let path = format!("/compute/v2.1/servers/{server}");
    check(&rita, &compute::VERSIONS, &path, "/server", USERS_SERVER).await;
    let events = "
        2.1: +action +instance_uuid +message=null +project_id +request_id +start_time +user_id
        2.51: +events[]
        2.58: +updated_at";
    check(&rita, &compute::VERSIONS, &action, "/instanceAction", events).await;
    let event = "
        2.1: +200
        2.51: -200 +event +finish_time=null +result=null +start_time
        2.62: +hostId=\"\"
        2.84: +details=null";
    check(&rita, &compute::VERSIONS, &action, "/instanceAction/events/0", event).await;
}

#[tokio::test]
async fn placements_answers_change_where_placements_do() {
    let api = Api::new();
    let (admin, server) = site(&api).await;
    let providers = admin.get("/placement/resource_providers").await.expect(200).json();
    let root = providers["resource_providers"][0]["uuid"].as_str().expect("a uuid").to_owned();
    let provider = |rest: &str| format!("resource_providers/{root}{rest}");
    let table = [
        (
            provider(""),
            "1.0: +generation +links[] +name +uuid
             1.14: +parent_provider_uuid=null +root_provider_uuid",
        ),
        (provider("/inventories"), "1.0: +inventories{} +resource_provider_generation"),
        (provider("/usages"), "1.0: +resource_provider_generation +usages{}"),
        (provider("/allocations"), "1.0: +allocations{} +resource_provider_generation"),
        (
            provider("/aggregates"),
            "1.0: +errors[] 1.1: -errors[] +aggregates[] 1.19: +resource_provider_generation",
        ),
        (provider("/traits"), "1.0: +errors[] 1.6: -errors[] +resource_provider_generation +traits[]"),
        (
            format!("allocations/{server}"),
            "1.0: +allocations{}
             1.12: +project_id +user_id
             1.28: +consumer_generation
             1.38: +consumer_type",
        ),
        ("traits".to_owned(), "1.0: +errors[] 1.6: -errors[] +traits[]"),
        ("resource_classes".to_owned(), "1.0: +errors[] 1.2: -errors[] +resource_classes[]"),
    ];
    for (path, expected) in table {
        check(&admin, &placement::VERSIONS, &format!("/placement/{path}"), "", expected).await;
    }
    // From 1.15 on an answer says when what it shows last changed.
    for (version, date) in [("1.14", None), ("1.15", Some("Sat, 31 Jan 2026 12:00:00 GMT"))] {
        let header = format!("placement {version}");
        let asked = ask("GET", "/placement/resource_providers").header("OpenStack-API-Version", &header);
        assert_eq!(admin.send(asked).await.expect(200).header("Last-Modified"), date, "{version}");
    }
}
