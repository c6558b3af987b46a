//! Placement's view of hosts and claims.

use serde_json::{Value, json};

use crate::api::{Api, Ask, ask};
use crate::host::Host;
use crate::operator::Person;

const PROVIDERS: &str = "/placement/resource_providers";

fn newest(path: &str) -> Ask {
    ask("GET", path).header("OpenStack-API-Version", "placement 1.39")
}

async fn providers(admin: &Person<'_>, query: &str) -> Vec<Value> {
    let answer = admin.send(newest(&format!("{PROVIDERS}{query}"))).await.expect(200).json();
    answer["resource_providers"].as_array().expect("a list").clone()
}

fn names(providers: &[Value]) -> String {
    providers.iter().map(|provider| provider["name"].as_str().expect("a name")).collect::<Vec<_>>().join(" ")
}

fn uuid<'p>(providers: &'p [Value], name: &str) -> &'p str {
    let found = providers.iter().find(|provider| provider["name"] == name).expect(name);
    found["uuid"].as_str().expect("a uuid")
}

#[tokio::test]
async fn a_host_is_a_tree_and_each_device_a_child() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    Host::up(&api, "host1").await;
    Host::up(&api, "host2").await;
    let tree = "host1 host1_0000:81:00.0 host1_0000:82:00.0 host1_0000:C1:00.0";
    let all = providers(&admin, "").await;
    assert_eq!(names(&all), format!("{tree} {}", tree.replace("host1", "host2")));
    let (root, nic) = (uuid(&all, "host1"), uuid(&all, "host1_0000:C1:00.0"));
    assert_eq!(
        (all[0]["parent_provider_uuid"].as_str(), all[0]["root_provider_uuid"].as_str()),
        (None, Some(root))
    );
    assert_eq!(all[3]["parent_provider_uuid"].as_str(), Some(root));
    // The root of a tree is the host's service, and its hypervisor.
    assert_eq!(admin.service("host1").await, root);
    let table = [
        (format!("?in_tree={nic}"), tree),
        (format!("?uuid={nic}"), "host1_0000:C1:00.0"),
        ("?name=host2".to_owned(), "host2"),
        (format!("?name=host2&uuid={root}"), ""),
        (format!("?in_tree={}", uuid::Uuid::nil()), ""),
    ];
    for (query, expected) in table {
        assert_eq!(names(&providers(&admin, &query).await), expected, "{query}");
    }
    for (query, status) in
        [("?uuid=seven", 400), ("?colour=red", 400), ("?resources=VCPU:1", 501), ("?member_of=x", 501)]
    {
        admin.send(newest(&format!("{PROVIDERS}{query}"))).await.expect(status);
    }
    // Before 1.14 nothing was nested, and nothing could be asked for by tree.
    admin.send(ask("GET", &format!("{PROVIDERS}?in_tree={nic}"))).await.expect(400);
}

#[tokio::test]
async fn inventories_usages_and_allocations_agree() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    let mut host = Host::up(&api, "host1").await;
    admin.flavor("small", Some("gpu:1,vf:1")).await;
    let server = admin.boot("web", "small").await;
    host.obey().await;
    let all = providers(&admin, "").await;
    let of = |name: &str, what: &str| {
        let path = format!("{PROVIDERS}/{}/{what}", uuid(&all, name));
        let admin = &admin;
        async move { admin.send(newest(&path)).await.expect(200).json() }
    };
    let plain = |total: u64, reserved: u64| json!({"total": total, "reserved": reserved, "min_unit": 1, "max_unit": total, "step_size": 1, "allocation_ratio": 1.0});
    let mut vcpu = plain(8, 0);
    vcpu["allocation_ratio"] = json!(4.0);
    let expected = [
        ("host1", json!({"VCPU": vcpu, "MEMORY_MB": plain(16384, 512), "DISK_GB": plain(100, 0)})),
        ("host1_0000:81:00.0", json!({"CUSTOM_PCI_10DE_2330": plain(1, 0)})),
        // One of its functions is held, so the whole cannot be granted though nobody holds it.
        (
            "host1_0000:C1:00.0",
            json!({"CUSTOM_PCI_10DE_10EE": plain(1, 1), "CUSTOM_PCI_10DE_10ED": plain(2, 0)}),
        ),
    ];
    for (name, inventories) in expected {
        assert_eq!(of(name, "inventories").await["inventories"], inventories, "{name}");
    }
    let (gpu, nic) = ("host1_0000:81:00.0", "host1_0000:C1:00.0");
    let expected = [
        ("host1", json!({"VCPU": 1, "MEMORY_MB": 256, "DISK_GB": 1})),
        (gpu, json!({"CUSTOM_PCI_10DE_2330": 1})),
        ("host1_0000:82:00.0", json!({"CUSTOM_PCI_10DE_2330": 0})),
        (nic, json!({"CUSTOM_PCI_10DE_10EE": 0, "CUSTOM_PCI_10DE_10ED": 1})),
    ];
    for (name, usages) in expected {
        assert_eq!(of(name, "usages").await["usages"], usages, "{name}");
    }
    let held = admin.send(newest(&format!("/placement/allocations/{server}"))).await.expect(200).json();
    assert_eq!(
        (held["consumer_type"].as_str(), held["project_id"].as_str()),
        (Some("INSTANCE"), Some("p-admin"))
    );
    for (name, resources) in [
        ("host1", json!({"VCPU": 1, "MEMORY_MB": 256, "DISK_GB": 1})),
        (gpu, json!({"CUSTOM_PCI_10DE_2330": 1})),
        (nic, json!({"CUSTOM_PCI_10DE_10ED": 1})),
    ] {
        assert_eq!(held["allocations"][uuid(&all, name)]["resources"], resources, "{name}");
        assert_eq!(of(name, "allocations").await["allocations"][&server]["resources"], resources, "{name}");
    }
    assert_eq!(of("host1_0000:82:00.0", "allocations").await["allocations"], json!({}));
    let one = admin
        .send(newest(&format!("{PROVIDERS}/{}/inventories/VCPU", uuid(&all, "host1"))))
        .await
        .expect(200);
    assert_eq!(one.json()["total"], 8);
    // A deleted server holds what its guest was not proved to have let go.
    let before = of("host1", "usages").await["resource_provider_generation"].as_u64();
    admin.delete(&format!("/compute/v2.1/servers/{server}")).await.expect(204);
    let held = admin.send(newest(&format!("/placement/allocations/{server}"))).await.expect(200).json();
    assert_eq!(held["allocations"].as_object().expect("an object").len(), 3);
    host.obey().await;
    let held = admin.send(newest(&format!("/placement/allocations/{server}"))).await.expect(200).json();
    assert_eq!(held, json!({"allocations": {}}));
    assert_eq!(of(gpu, "usages").await["usages"], json!({"CUSTOM_PCI_10DE_2330": 0}));
    assert!(of("host1", "usages").await["resource_provider_generation"].as_u64() > before);
}

#[tokio::test]
async fn a_dirty_device_is_reserved_until_it_is_sanitised() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    let mut host = Host::off(&api, "host1");
    host.sanitizes = true;
    host.start().await;
    let all = providers(&admin, "").await;
    let gpu = format!("{PROVIDERS}/{}/inventories", uuid(&all, "host1_0000:81:00.0"));
    // What its agent says of a device that it is to sanitise, and how many are reserved then.
    let table = [(None, 1), (Some(json!({"failed": "no luck"})), 1), (Some(json!({"by": "reset"})), 0)];
    for (sanitized, reserved) in table {
        host.sanitized = sanitized;
        host.obey().await;
        let shown = admin.send(newest(&gpu)).await.expect(200).json();
        let shown = &shown["inventories"]["CUSTOM_PCI_10DE_2330"]["reserved"];
        assert_eq!(*shown, reserved, "{:?}", host.sanitized);
    }
}

#[tokio::test]
async fn traits_and_classes_are_those_that_something_has() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    Host::up(&api, "host1").await;
    let get = |path: &str| {
        let (admin, asked) = (&admin, newest(&format!("/placement/{path}")));
        async move { admin.send(asked).await }
    };
    assert_eq!(get("traits").await.expect(200).json(), json!({"traits": ["COMPUTE_NODE", "CUSTOM_FAST"]}));
    admin
        .put(
            &format!("/compute/v2.1/os-services/{}", admin.service("host1").await),
            &json!({"status": "disabled"}),
        )
        .await
        .expect(200);
    let table = [
        ("traits?name=startswith:COMPUTE", json!(["COMPUTE_NODE", "COMPUTE_STATUS_DISABLED"])),
        ("traits?name=in:CUSTOM_FAST,CUSTOM_SLOW", json!(["CUSTOM_FAST"])),
        ("traits?associated=True", json!(["COMPUTE_NODE", "COMPUTE_STATUS_DISABLED", "CUSTOM_FAST"])),
        ("traits?associated=false", json!([])),
    ];
    for (path, expected) in table {
        assert_eq!(get(path).await.expect(200).json()["traits"], expected, "{path}");
    }
    for (path, status) in [
        ("traits/COMPUTE_NODE", 204),
        ("traits/CUSTOM_SLOW", 404),
        ("traits?name=COMPUTE", 400),
        ("traits?associated=perhaps", 400),
        ("resource_classes/CUSTOM_PCI_10DE_2330", 200),
        ("resource_classes/CUSTOM_MAGIC", 404),
        ("resource_providers/seven", 404),
        ("resource_providers/00000000-0000-0000-0000-000000000000", 404),
        ("resource_providers/00000000-0000-0000-0000-000000000000/usages", 404),
        ("allocations/anyone", 200),
    ] {
        get(path).await.expect(status);
    }
    let classes = get("resource_classes").await.expect(200).json();
    let classes: Vec<_> =
        classes["resource_classes"].as_array().expect("a list").iter().map(|class| &class["name"]).collect();
    let expected = [
        "CUSTOM_PCI_10DE_10ED",
        "CUSTOM_PCI_10DE_10EE",
        "CUSTOM_PCI_10DE_2330",
        "DISK_GB",
        "MEMORY_MB",
        "VCPU",
    ];
    assert_eq!(classes, expected);
}
