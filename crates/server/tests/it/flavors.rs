//! Flavors, from creation to deletion.

use serde_json::{Value, json};

use crate::api::{Api, ask};
use crate::operator::Person;

const FLAVORS: &str = "/compute/v2.1/flavors";

fn ids(answer: &Value) -> String {
    let ids = answer["flavors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|flavor| flavor["id"].as_str().expect("an id"));
    ids.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_flavor_is_what_was_asked_for() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    let asked = json!({"flavor": {
        "id": "gold", "name": "Gold one", "vcpus": "4", "ram": 2048, "disk": 20, "OS-FLV-EXT-DATA:ephemeral": 5, "swap": 512,
        "rxtx_factor": 1.0, "os-flavor-access:is_public": false, "description": "for those who can",
    }});
    let made = admin.post(FLAVORS, &asked).await.expect(200).json();
    let shown = admin.get(&format!("{FLAVORS}/gold")).await.expect(200).json();
    assert_eq!(made, shown);
    let expected = json!({
        "id": "gold", "name": "Gold one", "vcpus": 4, "ram": 2048, "disk": 20, "OS-FLV-EXT-DATA:ephemeral": 5, "swap": 512,
        "rxtx_factor": 1.0, "os-flavor-access:is_public": false, "OS-FLV-DISABLED:disabled": false,
        "description": "for those who can", "extra_specs": {},
        "links": [
            {"rel": "self", "href": "http://site/compute/v2.1/flavors/gold"},
            {"rel": "bookmark", "href": "http://site/compute/flavors/gold"},
        ],
    });
    assert_eq!(shown["flavor"], expected);
    let changed =
        admin.put(&format!("{FLAVORS}/gold"), &json!({"flavor": {"description": null}})).await.expect(200);
    assert_eq!(changed.json()["flavor"]["description"], Value::Null);
    admin.delete(&format!("{FLAVORS}/gold")).await.expect(202);
    admin.get(&format!("{FLAVORS}/gold")).await.expect(404);
    admin.delete(&format!("{FLAVORS}/gold")).await.expect(404);
}

#[tokio::test]
async fn an_id_is_made_unless_one_is_chosen() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    for (at, id) in [json!(null), json!("auto"), json!(7), json!("m1.tiny")].into_iter().enumerate() {
        let flavor = json!({"flavor": {"id": id, "name": format!("f{at}"), "vcpus": 1, "ram": 1, "disk": 0}});
        let made = admin.post(FLAVORS, &flavor).await.expect(200).json()["flavor"]["id"].clone();
        let made = made.as_str().expect("an id");
        let expected = match &id {
            Value::Number(number) => number.to_string(),
            Value::String(text) if text != "auto" => text.clone(),
            _ => made.parse::<uuid::Uuid>().expect("a uuid").to_string(),
        };
        assert_eq!(made, expected);
    }
}

#[tokio::test]
async fn lists_are_filtered_paged_and_hide_what_is_private() {
    let api = Api::new();
    let (admin, rita) = (Person::new(&api, "admin", None).await, Person::new(&api, "rita", None).await);
    for (id, ram, disk, public) in
        [("a", 128, 1, true), ("b", 256, 2, true), ("c", 512, 4, false), ("d", 1024, 8, true)]
    {
        let flavor = json!({"id": id, "name": id, "vcpus": 1, "ram": ram, "disk": disk, "os-flavor-access:is_public": public});
        admin.post(FLAVORS, &json!({"flavor": flavor})).await.expect(200);
    }
    // The query; what an operator is shown, and what a reader is.
    let table = [
        ("", "a b d", "a b d"),
        ("?is_public=None", "a b c d", "a b d"),
        ("?is_public=false", "c", "a b d"),
        ("?is_public=true&minRam=256", "b d", "b d"),
        ("?minDisk=3&is_public=none", "c d", "d"),
        ("?limit=2", "a b", "a b"),
        ("?limit=2&marker=b", "d", "d"),
        ("?limit=0", "a b d", "a b d"),
        ("?sort_key=flavorid&sort_dir=desc", "d b a", "d b a"),
    ];
    for (query, to_admin, to_rita) in table {
        for list in ["", "/detail"] {
            let path = format!("{FLAVORS}{list}{query}");
            assert_eq!(ids(&admin.get(&path).await.expect(200).json()), to_admin, "{path}");
            assert_eq!(ids(&rita.get(&path).await.expect(200).json()), to_rita, "{path}");
        }
    }
    let page = admin.get(&format!("{FLAVORS}?limit=2&minRam=1")).await.expect(200).json();
    let next = "http://site/compute/v2.1/flavors?limit=2&minRam=1&marker=b";
    assert_eq!(page["flavors_links"], json!([{"rel": "next", "href": next}]));
    rita.get(&format!("{FLAVORS}/c")).await.expect(404);
    rita.get(&format!("{FLAVORS}/c/os-extra_specs")).await.expect(404);
    admin.get(&format!("{FLAVORS}/c")).await.expect(200);
    for query in
        ["?sort_key=name", "?sort_dir=up", "?is_public=perhaps", "?minRam=-1", "?marker=nothing", "?limit=x"]
    {
        admin.get(&format!("{FLAVORS}{query}")).await.expect(400);
    }
    // Unknown parameters are refused from 2.75 on.
    for (version, status) in [("2.74", 200), ("2.75", 400)] {
        admin.send(ask("GET", &format!("{FLAVORS}?colour=red")).at(version)).await.expect(status);
    }
}

#[tokio::test]
async fn extra_specs_come_and_go() {
    let api = Api::new();
    let (admin, rita) = (Person::new(&api, "admin", None).await, Person::new(&api, "rita", None).await);
    admin.flavor("f", None).await;
    let specs = format!("{FLAVORS}/f/os-extra_specs");
    let two = json!({"extra_specs": {"pci_passthrough:alias": "gpu:1", "quota:cpu_shares": "5"}});
    assert_eq!(admin.post(&specs, &two).await.expect(200).json(), two);
    let one = json!({"quota:cpu_shares": "7"});
    assert_eq!(admin.put(&format!("{specs}/quota:cpu_shares"), &one).await.expect(200).json(), one);
    assert_eq!(rita.get(&format!("{specs}/quota:cpu_shares")).await.expect(200).json(), one);
    admin.delete(&format!("{specs}/quota:cpu_shares")).await.expect(200);
    admin.delete(&format!("{specs}/quota:cpu_shares")).await.expect(404);
    rita.get(&format!("{specs}/quota:cpu_shares")).await.expect(404);
    let left = json!({"extra_specs": {"pci_passthrough:alias": "gpu:1"}});
    assert_eq!(rita.get(&specs).await.expect(200).json(), left);
    assert_eq!(
        rita.get(&format!("{FLAVORS}/f")).await.expect(200).json()["flavor"]["extra_specs"],
        left["extra_specs"]
    );
    // What devices are asked for is checked here from 2.86 on.
    let unknown = json!({"extra_specs": {"pci_passthrough:alias": "tpu:1"}});
    admin.send(ask("POST", &specs).at("2.86").json(&unknown)).await.expect(400);
    admin.send(ask("POST", &specs).at("2.85").json(&unknown)).await.expect(200);
}
