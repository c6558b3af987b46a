//! Hosts, as services and as hypervisors.

use serde_json::{Value, json};

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::Person;

const SERVICES: &str = "/compute/v2.1/os-services";
const HYPERVISORS: &str = "/compute/v2.1/os-hypervisors";
const MINUTE_US: i64 = 60 * 1_000_000;

async fn service(admin: &Person<'_>, host: &str) -> Value {
    admin.get(&format!("{SERVICES}?host={host}")).await.expect(200).json()["services"][0].clone()
}

fn state(service: &Value) -> (&str, &str, bool, &Value) {
    let word = |key: &str| service[key].as_str().expect("a word");
    (
        word("state"),
        word("status"),
        service["forced_down"].as_bool().expect("a flag"),
        &service["disabled_reason"],
    )
}

#[tokio::test]
async fn a_service_is_steered_by_its_uuid() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    let mut host = Host::up(&api, "host1").await;
    let path = format!("{SERVICES}/{}", admin.service("host1").await);
    let none = json!(null);
    let why = json!("a fan");
    // The change; the state, the status, forced_down and the reason after it.
    let table = [
        (json!({"status": "disabled"}), ("up", "disabled", false, &none)),
        (json!({"status": "disabled", "disabled_reason": "a fan"}), ("up", "disabled", false, &why)),
        (json!({"status": "enabled"}), ("up", "enabled", false, &none)),
        (json!({"forced_down": true}), ("down", "enabled", true, &none)),
        (json!({"forced_down": true}), ("down", "enabled", true, &none)),
        (json!({"forced_down": false, "status": "disabled"}), ("down", "disabled", false, &none)),
    ];
    for (change, expected) in table {
        let answer = admin.put(&path, &change).await.expect(200).json();
        assert_eq!(state(&answer["service"]), expected, "{change}");
        assert_eq!(service(&admin, "host1").await, answer["service"], "{change}");
    }
    host.start().await;
    assert_eq!(state(&service(&admin, "host1").await), ("up", "disabled", false, &none));
    // Silence is shown, and nothing more.
    api.world.pass(MINUTE_US + 1);
    assert_eq!(service(&admin, "host1").await["state"], "down");
    host.obey().await;
    assert_eq!(service(&admin, "host1").await["state"], "up");
}

#[tokio::test]
async fn before_2_53_a_service_was_steered_by_verbs() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    Host::up(&api, "host1").await;
    let named = |more: Value| {
        let mut body = json!({"host": "host1", "binary": "nova-compute"});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    // Version, verb, body, status, what the answer says of the service beside its name.
    let table = [
        ("2.1", "disable", named(json!({})), 200, json!({"status": "disabled"})),
        ("2.1", "enable", named(json!({})), 200, json!({"status": "enabled"})),
        (
            "2.52",
            "disable-log-reason",
            named(json!({"disabled_reason": "a fan"})),
            200,
            json!({"status": "disabled", "disabled_reason": "a fan"}),
        ),
        ("2.11", "force-down", named(json!({"forced_down": true})), 200, json!({"forced_down": true})),
        ("2.10", "force-down", named(json!({"forced_down": true})), 404, json!({})),
        ("2.1", "explode", named(json!({})), 404, json!({})),
        ("2.1", "disable", named(json!({"disabled_reason": "a fan"})), 400, json!({})),
        ("2.1", "disable-log-reason", named(json!({})), 400, json!({})),
        ("2.1", "enable", json!({"host": "host1"}), 400, json!({})),
        ("2.1", "enable", json!({"host": "host9", "binary": "nova-compute"}), 404, json!({})),
        ("2.1", "enable", json!({"host": "host1", "binary": "nova-api"}), 404, json!({})),
    ];
    for (version, verb, body, status, said) in table {
        let asked = ask("PUT", &format!("{SERVICES}/{verb}")).at(version).json(&body);
        let answer = admin.send(asked).await;
        assert_eq!(answer.status.as_u16(), status, "{version} {verb} {body}: {}", answer.text);
        if status == 200 {
            let mut expected = json!({"host": "host1", "binary": "nova-compute"});
            expected.as_object_mut().expect("an object").extend(said.as_object().expect("an object").clone());
            assert_eq!(answer.json()["service"], expected, "{version} {verb}");
        }
    }
    let old = admin.send(ask("GET", SERVICES).at("2.52")).await.expect(200).json();
    let number = old["services"][0]["id"].as_u64().expect("a number");
    assert!((1..1 << 31).contains(&number));
    admin.send(ask("GET", &format!("{HYPERVISORS}/{number}")).at("2.52")).await.expect(200);
    admin.send(ask("GET", &format!("{HYPERVISORS}/{number}")).at("2.53")).await.expect(404);
}

#[tokio::test]
async fn a_service_is_deleted_only_when_nothing_lives_there() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    let mut host = Host::up(&api, "host1").await;
    admin.flavor("small", None).await;
    let server = admin.boot("web", "small").await;
    host.obey().await;
    let path = format!("{SERVICES}/{}", admin.service("host1").await);
    admin.delete(&path).await.expect(409);
    admin.force_down("host1").await;
    let lives = admin.delete(&path).await.expect(409);
    assert!(lives.text.contains("evacuate or delete them first"), "{}", lives.text);
    admin.delete(&format!("/compute/v2.1/servers/{server}")).await.expect(204);
    admin.delete(&path).await.expect(204);
    assert_eq!(admin.get(SERVICES).await.expect(200).json(), json!({"services": []}));
    assert_eq!(admin.get(HYPERVISORS).await.expect(200).json(), json!({"hypervisors": []}));
    admin.delete(&path).await.expect(404);
}

#[tokio::test]
async fn services_are_filtered() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    for name in ["host1", "host2", "host3"] {
        Host::up(&api, name).await;
    }
    let table = [
        ("", 3),
        ("?host=&binary=", 3),
        ("?host=host2", 1),
        ("?host=host9", 0),
        ("?binary=nova-compute", 3),
        ("?binary=nova-scheduler", 0),
    ];
    for (query, count) in table {
        let answer = admin.get(&format!("{SERVICES}{query}")).await.expect(200).json();
        assert_eq!(answer["services"].as_array().expect("a list").len(), count, "{query}");
    }
    admin.get(&format!("{SERVICES}?colour=blue")).await.expect(400);
}

#[tokio::test]
async fn hypervisors_are_listed_in_pages_and_by_name() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    for name in ["host1", "host2", "host3"] {
        Host::up(&api, name).await;
    }
    let list = |query: &str| {
        let (admin, path) = (&admin, format!("{HYPERVISORS}/detail{query}"));
        async move {
            let answer = admin.get(&path).await;
            if answer.status.as_u16() != 200 {
                return answer.status.as_u16().to_string();
            }
            let rows = answer.json()["hypervisors"].as_array().expect("a list").clone();
            let names =
                rows.iter().map(|row| row["hypervisor_hostname"].as_str().expect("a name").to_owned());
            names.collect::<Vec<_>>().join(" ")
        }
    };
    let second = admin.service("host2").await;
    let table = [
        ("", "host1 host2 host3"),
        ("?limit=2", "host1 host2"),
        (&format!("?limit=2&marker={second}"), "host3"),
        ("?marker=nobody", "400"),
        ("?hypervisor_hostname_pattern=t2", "host2"),
        ("?hypervisor_hostname_pattern=t9", "404"),
        ("?hypervisor_hostname_pattern=t&limit=1", "400"),
        ("?with_servers=maybe", "400"),
    ];
    for (query, expected) in table {
        assert_eq!(list(query).await, expected, "{query}");
    }
    let page = admin.get(&format!("{HYPERVISORS}?limit=2")).await.expect(200).json();
    let next = format!("http://site/compute/v2.1/os-hypervisors?limit=2&marker={second}");
    assert_eq!(page["hypervisors_links"], json!([{"rel": "next", "href": next}]));
    let shown = admin.get(&format!("{HYPERVISORS}/{second}")).await.expect(200).json();
    assert_eq!(shown["hypervisor"]["hypervisor_hostname"], "host2");
    // Clients try a name where an id belongs.
    admin.get(&format!("{HYPERVISORS}/host2")).await.expect(404);
    admin.get(&format!("{HYPERVISORS}/{}", uuid::Uuid::nil())).await.expect(404);
}

#[tokio::test]
async fn a_hypervisor_counts_what_its_servers_take() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", Some("demo")).await;
    let mut host = Host::up(&api, "host1").await;
    admin.flavor("small", None).await;
    let ids = [admin.boot("a", "small").await, admin.boot("b", "small").await];
    host.obey().await;
    let old = admin
        .send(ask("GET", &format!("{HYPERVISORS}/detail?with_servers=true")).at("2.87"))
        .await
        .expect(200);
    let shown = old.json()["hypervisors"][0].clone();
    let expected = [
        ("vcpus", 8),
        ("vcpus_used", 2),
        ("memory_mb", 16384),
        ("memory_mb_used", 512 + 2 * 256),
        ("free_ram_mb", 16384 - 512 - 2 * 256),
        ("local_gb", 100),
        ("local_gb_used", 2),
        ("free_disk_gb", 98),
        ("running_vms", 2),
        ("current_workload", 0),
        ("hypervisor_version", 1),
    ];
    for (key, value) in expected {
        assert_eq!(shown[key], json!(value), "{key}");
    }
    assert_eq!(
        (shown["hypervisor_type"].as_str(), shown["host_ip"].as_str()),
        (Some("sim"), Some("10.0.0.1"))
    );
    assert_eq!(shown["servers"], json!([{"uuid": ids[0], "name": "a"}, {"uuid": ids[1], "name": "b"}]));
    let limits = admin.get("/compute/v2.1/limits").await.expect(200).json()["limits"]["absolute"].clone();
    assert_eq!(
        (limits["totalInstancesUsed"].as_u64(), limits["totalRAMUsed"].as_u64()),
        (Some(2), Some(512))
    );
    assert_eq!(limits["maxTotalInstances"], json!(-1));
    let elsewhere = admin.get("/compute/v2.1/limits?tenant_id=p-other").await.expect(200).json();
    assert_eq!(elsewhere["limits"]["absolute"]["totalInstancesUsed"], 0);
    admin.get("/compute/v2.1/limits?tenant_id=nobody").await.expect(400);
    let zones = admin.get("/compute/v2.1/os-availability-zone/detail").await.expect(200).json();
    assert_eq!(zones["availabilityZoneInfo"][0]["hosts"]["host1"]["nova-compute"]["available"], true);
    let zones = admin.get("/compute/v2.1/os-availability-zone").await.expect(200).json();
    assert_eq!(zones["availabilityZoneInfo"][0]["hosts"], Value::Null);
}
