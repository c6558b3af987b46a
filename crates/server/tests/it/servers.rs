//! Servers: booted, listed, stopped, started and deleted.

use serde_json::{Value, json};

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::Person;

const SERVERS: &str = "/compute/v2.1/servers";
const CIRROS: &str = "3f1d3f7e-0b1a-4a52-9a3f-0a4f3f6c2b10";

fn names(answer: &Value) -> String {
    let servers = answer["servers"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
    servers.iter().map(|server| server["name"].as_str().expect("a name")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_server_lives_from_boot_to_deletion() {
    let api = Api::new();
    let (admin, alice) = (Person::new(&api, "admin", None).await, Person::new(&api, "alice", None).await);
    let mut host = Host::up(&api, "host1").await;
    admin.flavor("small", Some("gpu:1")).await;
    let server = json!({"server": {
        "name": "web", "flavorRef": "small", "imageRef": CIRROS, "networks": "auto", "metadata": {"tier": "front"},
        "description": "the first", "min_count": 1, "max_count": 1, "config_drive": false, "key_name": null,
        "block_device_mapping_v2": [{
            "uuid": CIRROS, "boot_index": 0, "source_type": "image", "destination_type": "local", "delete_on_termination": true,
        }],
    }});
    let answer = alice.post(SERVERS, &server).await.expect(202);
    let id = answer.json()["server"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(answer.header("Location"), Some(format!("http://site/compute/v2.1/servers/{id}").as_str()));
    assert_eq!(alice.status(&id).await, "BUILD");
    assert_eq!(alice.show(&id).await["OS-EXT-STS:task_state"], "spawning");
    host.obey().await;
    let shown = admin.show(&id).await;
    let expected = [
        ("name", json!("web")),
        ("status", json!("ACTIVE")),
        ("tenant_id", json!("p-demo")),
        ("user_id", json!("u-alice")),
        ("metadata", json!({"tier": "front"})),
        ("description", json!("the first")),
        ("progress", json!(100)),
        ("created", json!("2026-01-31T12:00:00Z")),
        ("OS-EXT-STS:vm_state", json!("active")),
        ("OS-EXT-STS:task_state", json!(null)),
        ("OS-EXT-STS:power_state", json!(1)),
        ("OS-EXT-AZ:availability_zone", json!("nova")),
        ("OS-EXT-SRV-ATTR:host", json!("host1")),
        ("OS-EXT-SRV-ATTR:hypervisor_hostname", json!("host1")),
        ("OS-SRV-USG:launched_at", json!("2026-01-31T12:00:00.000000")),
        ("host_status", json!("UP")),
    ];
    for (key, value) in expected {
        assert_eq!(shown[key], value, "{key}");
    }
    assert_eq!(shown["image"]["id"], CIRROS);
    assert_eq!(shown["flavor"]["original_name"], "small");
    for (action, status, power) in [("os-stop", "SHUTOFF", 4), ("os-start", "ACTIVE", 1)] {
        alice.act(&id, &json!({action: null})).await.expect(202);
        host.obey().await;
        let shown = alice.show(&id).await;
        assert_eq!(
            (shown["status"].as_str(), shown["OS-EXT-STS:power_state"].as_u64()),
            (Some(status), Some(power))
        );
    }
    alice.delete(&format!("{SERVERS}/{id}")).await.expect(204);
    alice.get(&format!("{SERVERS}/{id}")).await.expect(404);
    alice.delete(&format!("{SERVERS}/{id}")).await.expect(404);
    let deleted = admin.get(&format!("{SERVERS}/detail?deleted=true&all_tenants=1")).await.expect(200).json();
    assert_eq!(deleted["servers"][0]["status"], "DELETED");
    assert!(deleted["servers"][0]["OS-SRV-USG:terminated_at"].is_string());
}

#[tokio::test]
async fn what_became_of_a_server_can_be_read() {
    let api = Api::new();
    let alice = Person::new(&api, "alice", None).await;
    let admin = Person::new(&api, "admin", None).await;
    let mut host = Host::up(&api, "host1").await;
    admin.flavor("small", None).await;
    let id = alice.boot("web", "small").await;
    host.obey().await;
    alice.act(&id, &json!({"os-stop": null})).await.expect(202);
    host.obey().await;
    alice.delete(&format!("{SERVERS}/{id}")).await.expect(204);
    let path = format!("{SERVERS}/{id}/os-instance-actions");
    let actions = alice.get(&path).await.expect(200).json();
    let actions = actions["instanceActions"].as_array().expect("a list");
    let kinds: Vec<_> = actions.iter().map(|action| action["action"].as_str().expect("a word")).collect();
    assert_eq!(kinds, ["delete", "stop", "create"], "newest first");
    let request = actions[1]["request_id"].as_str().expect("an id");
    let stop = alice.get(&format!("{path}/{request}")).await.expect(200).json()["instanceAction"].clone();
    assert_eq!(stop["events"][0]["event"], "compute_stop_instance");
    assert_eq!(stop["events"][0]["result"], "Success");
    assert_eq!((stop["user_id"].as_str(), stop["project_id"].as_str()), (Some("u-alice"), Some("p-demo")));
    let paged = alice.get(&format!("{path}?limit=1&marker={request}")).await.expect(200).json();
    assert_eq!(paged["instanceActions"][0]["action"], "create");
    alice.get(&format!("{path}?marker=nobody")).await.expect(400);
    alice.get(&format!("{path}/req-nobody")).await.expect(404);
    // Before 2.21 the actions of a deleted server could not be read.
    alice.send(ask("GET", &path).at("2.20")).await.expect(404);
}

#[tokio::test]
async fn a_server_that_finds_no_host_says_why_to_those_who_may_know() {
    let api = Api::new();
    let (admin, alice) = (Person::new(&api, "admin", None).await, Person::new(&api, "alice", None).await);
    let _host = Host::up(&api, "host1").await;
    admin.flavor("greedy", Some("gpu:3")).await;
    let id = alice.boot("web", "greedy").await;
    let fault = admin.show(&id).await["fault"].clone();
    assert_eq!(fault["code"], 500);
    assert!(fault["message"].as_str().expect("a sentence").contains("host1"), "{fault}");
    let fault = alice.show(&id).await["fault"].clone();
    assert!(!fault.to_string().contains("host1"), "{fault}");
    let path = format!("{SERVERS}/{id}/os-instance-actions");
    let actions = alice.get(&path).await.expect(200).json();
    assert_eq!(actions["instanceActions"][0]["message"], "Error");
    let request = actions["instanceActions"][0]["request_id"].as_str().expect("an id");
    let event = alice.get(&format!("{path}/{request}")).await.expect(200).json()["instanceAction"]["events"]
        [0]
    .clone();
    assert_eq!((event["result"].as_str(), &event["details"]), (Some("Error"), &Value::Null));
    let event = admin.get(&format!("{path}/{request}")).await.expect(200).json()["instanceAction"]["events"]
        [0]
    .clone();
    assert!(event["details"].as_str().expect("a sentence").contains("host1"), "{event}");
}

#[tokio::test]
async fn operators_may_name_the_host() {
    let api = Api::new();
    let (admin, alice) = (Person::new(&api, "admin", None).await, Person::new(&api, "alice", None).await);
    for name in ["host1", "host2"] {
        Host::up(&api, name).await;
    }
    admin.flavor("small", None).await;
    let server = |key: &str, value: &str| json!({"server": {"name": "web", "flavorRef": "small", "networks": "none", key: value}});
    let table = [
        ("host", "host2", 202, 403),
        ("hypervisor_hostname", "host2", 202, 403),
        ("availability_zone", "nova:host2", 202, 403),
        ("availability_zone", "nova::host2", 202, 403),
        ("availability_zone", "nova", 202, 202),
        ("availability_zone", "mars", 400, 400),
        ("host", "host9", 400, 403),
        ("host", "a b", 400, 403),
    ];
    for (key, value, to_admin, to_alice) in table {
        let answer = admin.post(SERVERS, &server(key, value)).await.expect(to_admin);
        alice.post(SERVERS, &server(key, value)).await.expect(to_alice);
        if value.ends_with("host2") {
            let id = answer.json()["server"]["id"].as_str().expect("an id").to_owned();
            assert_eq!(admin.show(&id).await["OS-EXT-SRV-ATTR:host"], "host2", "{key}={value}");
        }
    }
}

/// Five servers: a and b active and c stopped on host1, of demo; d on host2, of other; e deleted, of demo.
async fn five(api: &Api) -> [String; 5] {
    let (admin, alice) = (Person::new(api, "admin", None).await, Person::new(api, "alice", None).await);
    let bob = Person::new(api, "bob", Some("other")).await;
    let mut host1 = Host::up(api, "host1").await;
    admin.flavor("small", None).await;
    admin.flavor("large", None).await;
    let ids =
        [alice.boot("a", "small").await, alice.boot("b", "large").await, alice.boot("c", "small").await];
    host1.obey().await;
    alice.act(&ids[2], &json!({"os-stop": null})).await.expect(202);
    host1.obey().await;
    admin
        .put(
            &format!("/compute/v2.1/os-services/{}", admin.service("host1").await),
            &json!({"status": "disabled"}),
        )
        .await
        .expect(200);
    let mut host2 = Host::up(api, "host2").await;
    let d = bob.boot("d", "small").await;
    host2.obey().await;
    let e = alice.boot("e", "small").await;
    alice.delete(&format!("{SERVERS}/{e}")).await.expect(204);
    let [a, b, c] = ids;
    [a, b, c, d, e]
}

/// Compares the names that both lists show, or the status with which they refuse.
async fn check_list(person: &Person<'_>, query: &str, expected: &str) {
    for list in ["", "/detail"] {
        let answer = person.get(&format!("{SERVERS}{list}{query}")).await;
        let shown = match answer.status.as_u16() {
            200 => names(&answer.json()),
            status => status.to_string(),
        };
        assert_eq!(shown, expected, "{list}{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn lists_show_what_is_asked_for_and_no_more_than_one_may_see() {
    let api = Api::new();
    let [a, b, ..] = five(&api).await;
    let admin = Person::new(&api, "admin", None).await;
    let alice = Person::new(&api, "alice", None).await;
    // The query; what an operator of another project is shown, and what a user is.
    let a_page = format!("?all_tenants=1&limit=1&marker={b}");
    let by_uuid = format!("?all_tenants=1&uuid={b}");
    let table = [
        ("", "", "c b a"),
        ("?all_tenants=True", "d c b a", "403"),
        ("?all_tenants=1&deleted=false", "d c b a", "403"),
        ("?all_tenants=1&deleted=True", "e", "403"),
        ("?deleted=True", "", "c b a"),
        ("?all_tenants=1&status=deleted", "e", "403"),
        ("?status=DELETED", "", "403"),
        ("?all_tenants=1&status=ACTIVE", "d b a", "403"),
        ("?status=active", "", "b a"),
        ("?status=ACTIVE&status=SHUTOFF", "", "c b a"),
        ("?status=PAUSED", "", ""),
        ("?status=sleepy", "400", "400"),
        ("?all_tenants=1&name=b", "b", "403"),
        ("?name=^b$", "", "b"),
        ("?name=%5Ebb", "", ""),
        ("?all_tenants=1&host=host1", "c b a", "403"),
        ("?all_tenants=1&host=host1&limit=2", "c b", "403"),
        ("?all_tenants=1&host=host9", "", "403"),
        ("?all_tenants=1&host=no%20host", "", "403"),
        // Where a server is is none of a user's business: the parameter is nothing to it.
        ("?host=host2", "", "c b a"),
        ("?project_id=p-other", "d", "c b a"),
        ("?all_tenants=1&tenant_id=p-demo", "c b a", "403"),
        ("?all_tenants=1&user_id=u-bob", "d", "403"),
        ("?flavor=large", "", "b"),
        ("?flavor=http://site/compute/v2.1/flavors/large", "", "b"),
        ("?image=nothing", "", ""),
        ("?ip=10.0.0.1", "", ""),
        ("?locked=true", "", ""),
        ("?locked=false", "", "c b a"),
        ("?power_state=4", "", "c"),
        ("?availability_zone=nova", "", "c b a"),
        ("?all_tenants=1&node=host2", "d", "403"),
        (&by_uuid, "b", "403"),
        ("?sort_key=created_at&sort_dir=asc", "", "a b c"),
        ("?all_tenants=1&sort_dir=asc&limit=2", "a b", "403"),
        ("?all_tenants=1&host=host1&sort_dir=asc", "a b c", "403"),
        ("?sort_key=display_name", "400", "400"),
        ("?sort_dir=up", "400", "400"),
        ("?vm_state=stopped", "", "c"),
        ("?all_tenants=1&limit=2", "d c", "403"),
        (&a_page, "a", "403"),
        ("?marker=nothing", "400", "400"),
        ("?limit=-1", "400", "400"),
        ("?changes-since=2026-01-31T12:00:00Z&all_tenants=1", "e d c b a", "403"),
        ("?changes-since=2026-01-31T12:00:01Z", "", ""),
        ("?changes-before=2026-01-31T12:00:00Z", "", "c b a"),
        ("?changes-since=yesterday", "400", "400"),
        ("?tags=blue", "", ""),
        ("?colour=blue", "400", "400"),
    ];
    for (query, to_admin, to_alice) in table {
        check_list(&admin, query, to_admin).await;
        check_list(&alice, query, to_alice).await;
    }
    let page = alice.get(&format!("{SERVERS}?limit=2")).await.expect(200).json();
    let next = format!("http://site/compute/v2.1/servers?limit=2&marker={b}");
    assert_eq!(page["servers_links"], json!([{"rel": "next", "href": next}]));
    let all = alice.get(&format!("{SERVERS}?limit=1&marker={a}")).await.expect(200).json();
    assert_eq!(all, json!({"servers": []}));
}

#[tokio::test]
async fn older_versions_are_more_lenient() {
    let api = Api::new();
    five(&api).await;
    let alice = Person::new(&api, "alice", None).await;
    for (query, version, expected) in [
        ("?status=sleepy", "2.37", ""),
        ("?status=sleepy&status=ACTIVE", "2.37", "b a"),
        ("?colour=blue", "2.74", "c b a"),
        ("?vm_state=stopped", "2.82", "c b a"),
        ("?changes-before=2000-01-01T00:00:00Z", "2.65", "c b a"),
    ] {
        let answer = alice.send(ask("GET", &format!("{SERVERS}{query}")).at(version)).await.expect(200);
        assert_eq!(names(&answer.json()), expected, "{query} at {version}");
    }
}

#[tokio::test]
async fn nobody_touches_the_servers_of_another_project() {
    let api = Api::new();
    let [a, .., d, _] = five(&api).await;
    let (alice, rita) = (Person::new(&api, "alice", None).await, Person::new(&api, "rita", None).await);
    let before = api.world.rows();
    let at = |id: &str, rest: &str| format!("{SERVERS}/{id}{rest}");
    alice.get(&at(&d, "")).await.expect(404);
    alice.get(&at(&d, "/os-instance-actions")).await.expect(404);
    alice.delete(&at(&d, "")).await.expect(404);
    alice.act(&d, &json!({"os-stop": null})).await.expect(404);
    // Readers read, members do not operate.
    rita.get(&at(&a, "")).await.expect(200);
    rita.delete(&at(&a, "")).await.expect(403);
    rita.act(&a, &json!({"os-stop": null})).await.expect(403);
    alice.act(&a, &json!({"evacuate": {}})).await.expect(403);
    for path in
        ["os-services", "os-hypervisors", "os-migrations", "os-aggregates", "os-availability-zone/detail"]
    {
        alice.get(&format!("/compute/v2.1/{path}")).await.expect(403);
    }
    alice.get("/placement/resource_providers").await.expect(403);
    assert_eq!(api.world.rows(), before);
}
