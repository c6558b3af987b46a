//! Bad input: whatever is sent, the answer is the right status and one clear sentence, and the store is as it was.

mod actions;
mod boots;
mod flavors;
mod hosts;
mod others;

use serde_json::{Value, json};

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::Person;

/// Who sends, method, path, body, status, what the sentence says.
type Row = (Who, &'static str, &'static str, Sent, u16, &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Forger,
    Bob,
    Rita,
    Alice,
    Admin,
}
use Who::{Admin, Alice, Bob, Forger, Nobody, Rita};

/// A body: none, JSON, or text that only says that it is JSON.
#[derive(Debug, Clone)]
enum Sent {
    Nothing,
    Json(Value),
    Text(&'static str),
}
use Sent::{Json, Nothing, Text};

/// The site: hosts 1 and 2 live and host3 is asserted down; `web` runs, `off` is stopped, `new` is being built, `lost`
/// found no host and `gone` is deleted, all of demo; `theirs` is of other; `moving` is being evacuated from host3.
struct Site<'a> {
    people: [Person<'a>; 4],
    servers: Vec<(&'static str, String)>,
    service: String,
}

async fn site(api: &Api) -> Site<'_> {
    let admin = Person::new(api, "admin", None).await;
    let alice = Person::new(api, "alice", None).await;
    let bob = Person::new(api, "bob", Some("other")).await;
    let rita = Person::new(api, "rita", None).await;
    let mut host3 = Host::up(api, "host3").await;
    admin.flavor("small", None).await;
    admin.flavor("greedy", Some("gpu:9")).await;
    admin
        .post("/compute/v2.1/flavors", &flavor(json!({"id": "huge", "name": "huge", "ram": 2_147_483_647})))
        .await
        .expect(200);
    let odd = json!({"extra_specs": {"pci_passthrough:alias": "tpu:1"}});
    admin.post("/compute/v2.1/flavors", &flavor(json!({"id": "odd", "name": "odd"}))).await.expect(200);
    admin
        .send(ask("POST", "/compute/v2.1/flavors/odd/os-extra_specs").at("2.1").json(&odd))
        .await
        .expect(200);
    let moving = alice.boot("moving", "small").await;
    host3.obey().await;
    admin.force_down("host3").await;
    let mut host1 = Host::up(api, "host1").await;
    Host::up(api, "host2").await;
    let (web, off) = (alice.boot("web", "small").await, alice.boot("off", "small").await);
    let (theirs, gone) = (bob.boot("theirs", "small").await, alice.boot("gone", "small").await);
    host1.obey().await;
    let mut host2 = Host::up(api, "host2").await;
    host2.obey().await;
    alice.act(&off, &json!({"os-stop": null})).await.expect(202);
    host1.obey().await;
    host2.obey().await;
    alice.delete(&format!("/compute/v2.1/servers/{gone}")).await.expect(204);
    let (new, lost) = (alice.boot("new", "small").await, alice.boot("lost", "greedy").await);
    admin.act(&moving, &json!({"evacuate": {}})).await.expect(200);
    let service = admin.service("host1").await;
    let names = ["web", "off", "theirs", "gone", "new", "lost", "moving"];
    let servers = names.into_iter().zip([web, off, theirs, gone, new, lost, moving]).collect();
    Site { people: [admin, alice, bob, rita], servers, service }
}

impl Site<'_> {
    /// The path with the ids of this site.
    fn path(&self, path: &str) -> String {
        let named = path.replace("{host1}", &self.service);
        self.servers.iter().fold(named, |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    }

    fn token(&self, who: Who) -> Option<&str> {
        let [admin, alice, bob, rita] = &self.people;
        match who {
            Nobody => None,
            Forger => Some("eyJhIjoxfQ.c2lnbmVk"),
            Bob => Some(&bob.token),
            Rita => Some(&rita.token),
            Alice => Some(&alice.token),
            Admin => Some(&admin.token),
        }
    }
}

/// Every request at the newest version: it is the strictest.
async fn check(api: &Api, site: &Site<'_>, row: Row) {
    let (who, method, path, body, status, sentence) = row.clone();
    let before = api.world.rows();
    let mut asked = ask(method, &site.path(path)).at("2.96");
    if path.starts_with("/placement") {
        asked = ask(method, &site.path(path)).header("OpenStack-API-Version", "placement 1.39");
    }
    asked = match site.token(who) {
        Some(token) => asked.token(token),
        None => asked,
    };
    asked = match body {
        Nothing => asked,
        Json(value) => asked.json(&value),
        Text(text) => asked.body(text),
    };
    let answer = api.send(asked).await;
    api.world.settle().await;
    assert_eq!(answer.status.as_u16(), status, "{row:?}: {}", answer.text);
    let said = message(&answer.json());
    assert!(said.contains(sentence), "{row:?}: {said}");
    let ours = ["struct", "enum", "u64", "u32", "usize", "panicked", "\n"];
    assert!(ours.iter().all(|word| !said.contains(word)), "{row:?} speaks of the program: {said}");
    assert!(said.len() < 600, "{row:?} is no sentence: {said}");
    assert_eq!(api.world.rows(), before, "{row:?} changed the store");
}

/// The sentence of a refusal, wherever the service puts it.
fn message(body: &Value) -> String {
    let members = body.as_object().map(|members| members.values().collect::<Vec<_>>()).unwrap_or_default();
    let nested = members.first().and_then(|first| first.get("message"));
    let listed = body.pointer("/errors/0/detail");
    let found = body.get("message").or(nested).or(listed);
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An object with more members, or other ones.
fn extended(mut base: Value, change: Value) -> Value {
    if let (Value::Object(base), Value::Object(change)) = (&mut base, change) {
        base.extend(change);
    }
    base
}

fn server(change: Value) -> Value {
    json!({"server": extended(json!({"name": "x", "flavorRef": "small", "networks": "none"}), change)})
}

fn flavor(change: Value) -> Value {
    json!({"flavor": extended(json!({"id": "f", "name": "f", "vcpus": 1, "ram": 64, "disk": 1}), change)})
}

#[tokio::test]
async fn bad_input_gets_one_sentence_and_changes_nothing() {
    let api = Api::new();
    let site = site(&api).await;
    let table: Vec<Row> = [boots::rows(), actions::rows(), flavors::rows(), hosts::rows(), others::rows()]
        .into_iter()
        .flatten()
        .collect();
    assert!(table.len() >= 120, "{} requests", table.len());
    for row in table {
        check(&api, &site, row).await;
    }
}

/// The site is as its description says: a request refused for another reason than the one meant proves nothing.
#[tokio::test]
async fn the_site_under_bad_input_is_what_it_seems() {
    let api = Api::new();
    let site = site(&api).await;
    let [admin, ..] = &site.people;
    let listed = admin.get("/compute/v2.1/servers/detail?all_tenants=1").await.expect(200).json();
    let mut seen: Vec<String> = listed["servers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|server| {
            format!(
                "{}={}",
                server["name"].as_str().expect("a name"),
                server["status"].as_str().expect("a word")
            )
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        ["lost=ERROR", "moving=REBUILD", "new=BUILD", "off=SHUTOFF", "theirs=ACTIVE", "web=ACTIVE"]
    );
}
