//! Cold migration and resize, as operators and users drive them.

use serde_json::{Value, json};

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::{Person, holds};

/// A server with a device on host1; host2 lives as well.
async fn at_home(api: &Api) -> (Person<'_>, String, Host<'_>, Host<'_>) {
    let admin = Person::new(api, "admin", None).await;
    let mut host1 = Host::up(api, "host1").await;
    admin.flavor("small", Some("gpu:1")).await;
    admin.flavor("large", Some("gpu:2")).await;
    let server = admin.boot("web", "small").await;
    host1.obey().await;
    let host2 = Host::up(api, "host2").await;
    (admin, server, host1, host2)
}

fn on(host: &str, gpus: &[&str]) -> Vec<String> {
    let stocks = [":DISK_GB=1", ":MEMORY_MB=256", ":VCPU=1"].map(|rest| format!("{host}{rest}"));
    let gpus = gpus.iter().map(|gpu| format!("{host}_0000:{gpu}:00.0:CUSTOM_PCI_10DE_2330=1"));
    stocks.into_iter().chain(gpus).collect()
}

/// The newest move.
async fn newest(admin: &Person<'_>) -> Value {
    admin.get("/compute/v2.1/os-migrations").await.expect(200).json()["migrations"][0].clone()
}

#[tokio::test]
async fn a_migration_waits_for_its_source_and_is_confirmed() {
    let api = Api::new();
    let (admin, server, mut host1, mut host2) = at_home(&api).await;
    admin.act(&server, &json!({"migrate": null})).await.expect(202);
    assert_eq!(admin.status(&server).await, "RESIZE");
    // The destination knows of it, and may not run it before the source says that it is off.
    host2.obey().await;
    let migration = newest(&admin).await;
    assert_eq!(
        (&migration["status"], &migration["migration_type"]),
        (&json!("pre-migrating"), &json!("migration"))
    );
    assert_eq!(admin.show(&server).await["OS-EXT-SRV-ATTR:host"], "host1");
    host1.obey().await;
    host2.obey().await;
    let shown = admin.show(&server).await;
    assert_eq!(
        (&shown["status"], &shown["OS-EXT-SRV-ATTR:host"]),
        (&json!("VERIFY_RESIZE"), &json!("host2"))
    );
    assert_eq!(newest(&admin).await["status"], "finished");
    let move_id = migration["uuid"].as_str().expect("a uuid");
    assert_eq!(holds(&admin, &server).await, on("host2", &["81"]));
    assert_eq!(holds(&admin, move_id).await, on("host1", &["81"]));
    admin.act(&server, &json!({"os-stop": null})).await.expect(409);
    admin.act(&server, &json!({"confirmResize": null})).await.expect(204);
    assert_eq!(
        (admin.status(&server).await, newest(&admin).await["status"].clone()),
        ("ACTIVE".to_owned(), json!("confirmed"))
    );
    // The source holds what it has not said to be gone.
    assert_eq!(holds(&admin, move_id).await, on("host1", &["81"]));
    host1.obey().await;
    assert_eq!(holds(&admin, move_id).await, Vec::<String>::new());
    assert_eq!(holds(&admin, &server).await, on("host2", &["81"]));
    admin.act(&server, &json!({"confirmResize": null})).await.expect(409);
    let actions =
        admin.get(&format!("/compute/v2.1/servers/{server}/os-instance-actions")).await.expect(200).json();
    let names: Vec<&str> = actions["instanceActions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["action"].as_str())
        .collect();
    assert_eq!(names, ["confirmResize", "migrate", "create"]);
}

#[tokio::test]
async fn a_resize_is_reverted_to_the_size_and_the_power_before() {
    for stopped in [false, true] {
        let api = Api::new();
        let (admin, server, mut host1, mut host2) = at_home(&api).await;
        if stopped {
            admin.act(&server, &json!({"os-stop": null})).await.expect(202);
            host1.obey().await;
        }
        admin.act(&server, &json!({"resize": {"flavorRef": "large"}})).await.expect(202);
        host1.obey().await;
        host2.obey().await;
        let shown = admin.show(&server).await;
        assert_eq!(
            (&shown["status"], &shown["flavor"]["original_name"]),
            (&json!("VERIFY_RESIZE"), &json!("large"))
        );
        assert_eq!(holds(&admin, &server).await, on("host2", &["81", "82"]));
        admin.act(&server, &json!({"revertResize": null})).await.expect(202);
        if !stopped {
            assert_eq!(admin.status(&server).await, "REVERT_RESIZE");
        }
        host2.obey().await;
        host1.obey().await;
        host2.obey().await;
        let shown = admin.show(&server).await;
        let power = if stopped { "SHUTOFF" } else { "ACTIVE" };
        assert_eq!(
            (&shown["status"], &shown["flavor"]["original_name"], &shown["OS-EXT-SRV-ATTR:host"]),
            (&json!(power), &json!("small"), &json!("host1"))
        );
        let move_id = newest(&admin).await;
        assert_eq!((&move_id["status"], &move_id["migration_type"]), (&json!("reverted"), &json!("resize")));
        assert_eq!(holds(&admin, &server).await, on("host1", &["81"]));
        assert_eq!(holds(&admin, move_id["uuid"].as_str().expect("a uuid")).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_move_that_cannot_be_done_leaves_everything_as_it_was() {
    // Which host does not do what it is told, or whether no host has room; what is kept of the reason.
    let table = [
        (Some("host1"), "small", "Host host1 could not stop it: no such kernel"),
        (Some("host2"), "small", "Host host2 could not build it: no such kernel"),
        (None, "greedy", "No valid host was found"),
    ];
    for (broken, flavor, why) in table {
        let api = Api::new();
        let (admin, server, mut host1, mut host2) = at_home(&api).await;
        admin.flavor("greedy", Some("gpu:9")).await;
        let body = match flavor {
            "small" => json!({"migrate": {"host": "host2"}}),
            flavor => json!({"resize": {"flavorRef": flavor}}),
        };
        for host in [&mut host1, &mut host2] {
            if broken == Some(host.name()) {
                host.broken.insert(server.clone());
            }
        }
        admin.act(&server, &body).await.expect(202);
        for _ in 0..2 {
            host1.obey().await;
            host2.obey().await;
        }
        host1.broken.clear();
        host1.obey().await;
        let shown = admin.show(&server).await;
        assert_eq!(
            (&shown["status"], &shown["OS-EXT-SRV-ATTR:host"]),
            (&json!("ACTIVE"), &json!("host1")),
            "{why}"
        );
        assert_eq!(holds(&admin, &server).await, on("host1", &["81"]), "{why}");
        assert_eq!(newest(&admin).await["status"], "error", "{why}");
        let events = admin
            .get(&format!("/compute/v2.1/servers/{server}/os-instance-actions"))
            .await
            .expect(200)
            .json();
        let request = events["instanceActions"][0]["request_id"].as_str().expect("an id").to_owned();
        let event = format!("/compute/v2.1/servers/{server}/os-instance-actions/{request}");
        let event = admin.send(ask("GET", &event).at("2.84")).await.expect(200).text;
        assert!(event.contains(why), "{event}");
    }
}

#[tokio::test]
async fn what_a_migration_takes_depends_on_the_version() {
    let table = [
        ("2.1", json!(null), 202, ""),
        ("2.55", json!({"host": "host2"}), 400, "migrate.host"),
        ("2.56", json!({"host": "host2"}), 202, ""),
        ("2.56", json!({"host": null}), 202, ""),
        ("2.96", json!({"host": "host1"}), 400, "same as the current host"),
        ("2.96", json!({"host": "host9"}), 404, "host9"),
    ];
    for (version, body, status, said) in table {
        let api = Api::new();
        let (admin, server, ..) = at_home(&api).await;
        let path = format!("/compute/v2.1/servers/{server}/action");
        let answer = admin.send(ask("POST", &path).at(version).json(&json!({"migrate": body}))).await;
        assert_eq!(answer.status.as_u16(), status, "{version} {body}: {}", answer.text);
        assert!(answer.text.contains(said), "{version} {body}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_move_is_refused_where_nobody_can_give_its_word() {
    let api = Api::new();
    let (admin, server, mut host1, mut host2) = at_home(&api).await;
    admin.force_down("host1").await;
    let dead = admin.act(&server, &json!({"migrate": null})).await.expect(409);
    assert!(dead.text.contains("evacuate"), "{}", dead.text);
    host1.start().await;
    admin.act(&server, &json!({"migrate": null})).await.expect(202);
    host1.obey().await;
    host2.obey().await;
    // What was left behind may be the only good copy.
    admin.force_down("host2").await;
    let risky = admin.act(&server, &json!({"confirmResize": null})).await.expect(409);
    assert!(risky.text.contains("the only good copy"), "{}", risky.text);
    // A receipt answers for the home that died.
    admin.act(&server, &json!({"revertResize": null})).await.expect(202);
    host1.obey().await;
    let shown = admin.show(&server).await;
    assert_eq!((&shown["status"], &shown["OS-EXT-SRV-ATTR:host"]), (&json!("ACTIVE"), &json!("host1")));
    // A host that is to be removed keeps nothing for a revert.
    host2.start().await;
    admin.act(&server, &json!({"migrate": null})).await.expect(202);
    host1.obey().await;
    host2.obey().await;
    admin.force_down("host1").await;
    let dead = admin.act(&server, &json!({"revertResize": null})).await.expect(409);
    assert!(dead.text.contains("or confirm the move"), "{}", dead.text);
    let service = admin.service("host1").await;
    let kept = admin.delete(&format!("/compute/v2.1/os-services/{service}")).await.expect(409);
    assert!(kept.text.contains("confirm their moves"), "{}", kept.text);
    admin.act(&server, &json!({"confirmResize": null})).await.expect(204);
    admin.delete(&format!("/compute/v2.1/os-services/{service}")).await.expect(204);
}
