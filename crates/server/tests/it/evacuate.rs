//! Evacuation, as an operator drives it.

use serde_json::{Value, json};
use steadfast_model::instance::{Instance, Power};
use steadfast_operations::seam::Row;

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::{Person, holds};

/// A server with a device on host1, which is asserted down; host2 lives.
async fn stranded(api: &Api) -> (Person<'_>, String, Host<'_>, Host<'_>) {
    let admin = Person::new(api, "admin", None).await;
    let mut host1 = Host::up(api, "host1").await;
    admin.flavor("small", Some("gpu:1")).await;
    let server = admin.boot("web", "small").await;
    host1.obey().await;
    let host2 = Host::up(api, "host2").await;
    admin.force_down("host1").await;
    (admin, server, host1, host2)
}

fn on(host: &str) -> Vec<String> {
    [":DISK_GB=1", ":MEMORY_MB=256", ":VCPU=1", "_0000:81:00.0:CUSTOM_PCI_10DE_2330=1"]
        .map(|rest| format!("{host}{rest}"))
        .into()
}

#[tokio::test]
async fn a_server_keeps_its_devices_all_the_way() {
    let api = Api::new();
    let (admin, server, mut host1, mut host2) = stranded(&api).await;
    admin.act(&server, &json!({"evacuate": {"host": "host2"}})).await.expect(200);
    assert_eq!(admin.status(&server).await, "REBUILD");
    let migrations = admin.get("/compute/v2.1/os-migrations").await.expect(200).json();
    let migration = migrations["migrations"][0].clone();
    assert_eq!(
        (
            migration["status"].as_str(),
            migration["source_compute"].as_str(),
            migration["dest_compute"].as_str()
        ),
        (Some("pre-migrating"), Some("host1"), Some("host2")),
    );
    let uuid = migration["uuid"].as_str().expect("a uuid");
    assert_eq!((holds(&admin, &server).await, holds(&admin, uuid).await), (on("host1"), on("host2")));
    host2.obey().await;
    let shown = admin.show(&server).await;
    assert_eq!(
        (shown["status"].as_str(), shown["OS-EXT-SRV-ATTR:host"].as_str()),
        (Some("ACTIVE"), Some("host2"))
    );
    // The allocations swapped; the source still holds what it was not proved to have let go.
    assert_eq!((holds(&admin, &server).await, holds(&admin, uuid).await), (on("host2"), on("host1")));
    host1.start().await;
    assert_eq!((holds(&admin, &server).await, holds(&admin, uuid).await), (on("host2"), vec![]));
    let migrations = admin.get("/compute/v2.1/os-migrations?status=done").await.expect(200).json();
    assert_eq!(migrations["migrations"][0]["instance_uuid"], server);
}

#[tokio::test]
async fn what_an_evacuation_takes_and_answers_depends_on_the_version() {
    let storage = || json!({"onSharedStorage": false});
    let with = |extra: Value| {
        let mut body = storage();
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        body
    };
    let password = json!({"adminPass": "s3cret"}).to_string();
    // Version, body, status, answer, the status of the server in the end.
    let table = [
        ("2.1", with(json!({"adminPass": "s3cret"})), 200, password.as_str(), "ACTIVE"),
        ("2.13", with(json!({"host": "host2"})), 200, "", "ACTIVE"),
        ("2.13", json!({}), 400, "required before API version 2.14", ""),
        ("2.14", json!({"adminPass": "s3cret"}), 200, "", "ACTIVE"),
        ("2.14", storage(), 400, "evacuate.onSharedStorage", ""),
        ("2.28", json!({"host": "host2", "force": true}), 400, "evacuate.force", ""),
        ("2.29", json!({"host": "host2", "force": true}), 200, "", "ACTIVE"),
        ("2.29", json!({"force": false}), 200, "", "ACTIVE"),
        ("2.29", json!({"force": true}), 400, "only be forced if one is named", ""),
        ("2.67", json!({"host": "host2", "force": false}), 200, "", "ACTIVE"),
        ("2.68", json!({"host": "host2", "force": false}), 400, "evacuate.force", ""),
        ("2.94", json!({}), 200, "", "ACTIVE"),
        ("2.95", json!({}), 200, "", "SHUTOFF"),
        ("2.96", json!({"host": "host2"}), 200, "", "SHUTOFF"),
        ("2.96", json!({"host": "host1"}), 400, "same as the current host", ""),
        ("2.96", json!({"host": "host9"}), 404, "host9", ""),
        ("2.96", json!({"host": "no host"}), 404, "no host", ""),
        ("2.96", json!({"host": 2}), 400, "evacuate.host", ""),
        ("2.96", json!({"hots": "host2"}), 400, "unknown field `hots`", ""),
        ("2.96", json!(null), 400, "evacuate", ""),
        ("2.96", json!([]), 400, "evacuate", ""),
    ];
    for (version, body, status, said, ends) in table {
        let api = Api::new();
        let (admin, server, _host1, mut host2) = stranded(&api).await;
        let before = api.world.rows();
        let path = format!("/compute/v2.1/servers/{server}/action");
        let answer = admin.send(ask("POST", &path).at(version).json(&json!({"evacuate": body}))).await;
        assert_eq!(answer.status.as_u16(), status, "{version} {body}: {}", answer.text);
        if status == 200 {
            assert_eq!(answer.text, said, "{version} {body}");
            host2.obey().await;
            assert_eq!(admin.status(&server).await, ends, "{version} {body}");
        } else {
            assert!(answer.text.contains(said), "{version} {body}: {}", answer.text);
            assert_eq!(api.world.rows(), before, "{version} {body}");
        }
    }
}

#[tokio::test]
async fn an_evacuation_is_refused_where_it_could_do_harm() {
    let api = Api::new();
    let (admin, server, ..) = stranded(&api).await;
    admin.act(&server, &json!({"evacuate": {}})).await.expect(200);
    let twice = admin.act(&server, &json!({"evacuate": {}})).await.expect(409);
    assert!(twice.text.contains("task_state rebuilding"), "{}", twice.text);
    admin.act(&server, &json!({"os-stop": null})).await.expect(409);
    let api = Api::new();
    let (admin, server, ..) = stranded(&api).await;
    Host::up(&api, "host1").await;
    let alive = admin.act(&server, &json!({"evacuate": {}})).await.expect(400);
    assert!(alive.text.contains("no receipt proves"), "{}", alive.text);
}

#[tokio::test]
async fn an_evacuation_that_fails_leaves_everything_as_it_was() {
    let api = Api::new();
    let (admin, server, mut host1, mut host2) = stranded(&api).await;
    host2.broken.insert(server.clone());
    admin.act(&server, &json!({"evacuate": {}})).await.expect(200);
    host2.obey().await;
    host2.obey().await;
    let shown = admin.show(&server).await;
    assert_eq!(shown["OS-EXT-SRV-ATTR:host"], "host1");
    assert_eq!(holds(&admin, &server).await, on("host1"));
    let migrations = admin.get("/compute/v2.1/os-migrations").await.expect(200).json();
    assert_eq!(migrations["migrations"][0]["status"], "error");
    let uuid = migrations["migrations"][0]["uuid"].as_str().expect("a uuid");
    assert_eq!(holds(&admin, uuid).await, Vec::<String>::new());
    host1.start().await;
    assert_eq!(admin.status(&server).await, "ACTIVE");
}

#[tokio::test]
async fn an_evacuation_that_fails_leaves_the_power_that_was_wanted() {
    // Whether a stop failed before, the version, which says how the evacuated server is wanted, and what is wanted in
    // the end.
    let table = [
        (false, "2.94", Power::On),
        (false, "2.95", Power::On),
        (true, "2.94", Power::Off),
        (true, "2.95", Power::Off),
    ];
    // No host takes it, or one that cannot build it.
    for ((stop_failed, version, wanted), dest) in table.iter().flat_map(|row| [(row, false), (row, true)]) {
        let api = Api::new();
        let admin = Person::new(&api, "admin", None).await;
        let mut host1 = Host::up(&api, "host1").await;
        admin.flavor("small", None).await;
        let server = admin.boot("web", "small").await;
        host1.obey().await;
        if *stop_failed {
            host1.broken.insert(server.clone());
            admin.act(&server, &json!({"os-stop": null})).await.expect(202);
            host1.obey().await;
        }
        admin.force_down("host1").await;
        let path = format!("/compute/v2.1/servers/{server}/action");
        let evacuate = ask("POST", &path).at(version).json(&json!({"evacuate": {}}));
        if dest {
            let mut host2 = Host::up(&api, "host2").await;
            host2.broken.insert(server.clone());
            admin.send(evacuate).await.expect(200);
            host2.obey().await;
        } else {
            admin.send(evacuate).await.expect(200);
        }
        let rows = api.world.rows();
        let instance =
            rows.iter().find_map(|(_, row)| Instance::of_record(&row.record)).expect("it is there");
        let found = (instance.vm_state.name(), instance.operation, instance.power);
        assert_eq!(found, ("active", None, *wanted), "{stop_failed} {version} {dest}");
    }
}

#[tokio::test]
async fn migrations_are_listed_newest_first_in_pages() {
    let api = Api::new();
    let (admin, server, mut host1, mut host2) = stranded(&api).await;
    admin.act(&server, &json!({"evacuate": {}})).await.expect(200);
    host2.obey().await;
    host1.start().await;
    admin.force_down("host2").await;
    admin.act(&server, &json!({"evacuate": {}})).await.expect(200);
    let uuids = |query: &str| {
        let (admin, query) = (&admin, query.to_owned());
        async move {
            let answer = admin.get(&format!("/compute/v2.1/os-migrations{query}")).await.expect(200).json();
            let rows = answer["migrations"].as_array().expect("a list").clone();
            rows.iter().map(|row| row["uuid"].as_str().expect("a uuid").to_owned()).collect::<Vec<_>>()
        }
    };
    let both = uuids("").await;
    let [newer, older] = &both[..] else { panic!("two moves: {both:?}") };
    let nobody = uuid::Uuid::nil();
    let table = [
        ("?limit=1".to_owned(), vec![newer]),
        (format!("?limit=1&marker={newer}"), vec![older]),
        (format!("?marker={older}"), vec![]),
        ("?status=done".to_owned(), vec![older]),
        ("?source_compute=host2".to_owned(), vec![newer]),
        ("?host=host2".to_owned(), vec![newer, older]),
        ("?host=host9".to_owned(), vec![]),
        (format!("?instance_uuid={server}"), vec![newer, older]),
        (format!("?instance_uuid={nobody}"), vec![]),
        ("?migration_type=evacuation".to_owned(), vec![newer, older]),
        ("?migration_type=live-migration".to_owned(), vec![]),
        ("?project_id=p-admin&user_id=u-admin".to_owned(), vec![newer, older]),
        ("?hidden=true".to_owned(), vec![]),
        ("?changes-since=2026-01-31T12:00:01".to_owned(), vec![]),
        ("?changes-before=2026-01-31T12:00:00".to_owned(), vec![newer, older]),
    ];
    for (query, expected) in table {
        assert_eq!(uuids(&query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for query in [format!("?marker={nobody}"), "?limit=x".to_owned(), "?colour=blue".to_owned()] {
        admin.get(&format!("/compute/v2.1/os-migrations{query}")).await.expect(400);
    }
}
