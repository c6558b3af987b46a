//! Whatever is sent: never a fault of ours, never half a write. What the tables of bad input do not think of.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::api::{Api, Ask, ask};
use crate::host::Host;
use crate::operator::Person;

/// How many requests each property makes. Each goes through the router and the store.
const CASES: u32 = 200;

/// The words of the API, so that requests get past the door now and then.
const WORDS: &str = "server name flavorRef imageRef networks none auto small metadata host host1 min_count flavor vcpus \
    ram disk id swap os-stop os-start evacuate force extra_specs pci_passthrough:alias gpu:1 status disabled enabled \
    forced_down disabled_reason auth identity methods password token user scope project domain";

fn any_word() -> impl Strategy<Value = String> + Clone {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    prop_oneof!["\\PC{0,6}", prop::sample::select(words).prop_map(str::to_owned)]
}

fn any_leaf() -> impl Strategy<Value = Value> {
    let number =
        prop_oneof![any::<i64>().prop_map(|n| json!(n)), any::<f64>().prop_map(|n| json!(n)), Just(json!(1))];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        any_word().prop_map(Value::String)
    ]
}

/// Any JSON that is not too large.
fn any_json() -> impl Strategy<Value = Value> {
    any_leaf().prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::vec((any_word(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// JSON where something else than this base is tried in each place now and then.
fn near(base: Value) -> impl Strategy<Value = Value> {
    let keys: Vec<String> =
        base.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
    let key = prop_oneof![3 => prop::sample::select(keys), 1 => "[a-z_]{1,12}"];
    (key, prop_oneof![any_leaf(), any_json()]).prop_map(move |(key, value)| {
        let mut changed = base.clone();
        changed[&key] = value;
        changed
    })
}

/// A site with a host and a server, and an operator of it.
struct Site {
    runtime: Runtime,
    api: Api,
    token: String,
    server: String,
    service: String,
}

fn site() -> Site {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let api = Api::new();
    let (token, server, service) = runtime.block_on(async {
        let admin = Person::new(&api, "admin", None).await;
        let mut host = Host::up(&api, "host1").await;
        admin.flavor("small", None).await;
        let server = admin.boot("web", "small").await;
        host.obey().await;
        let service = admin.service("host1").await;
        (admin.token.clone(), server, service)
    });
    Site { runtime, api, token, server, service }
}

impl Site {
    /// Sends a request. It may be done, or be refused for a reason of the sender's; a refusal writes nothing.
    fn send(&self, ask: Ask) -> Result<u16, TestCaseError> {
        let before = self.api.world.rows();
        let answer = self.runtime.block_on(async {
            let answer = self.api.send(ask.token(&self.token)).await;
            self.api.world.settle().await;
            answer
        });
        let status = answer.status.as_u16();
        let refused = [400, 401, 403, 404, 409, 501].contains(&status);
        prop_assert!(refused || (200..300).contains(&status), "{status}: {}", answer.text);
        if refused {
            prop_assert_eq!(self.api.world.rows(), before, "{} wrote", status);
        }
        Ok(status)
    }
}

/// The same requests at every run: a verdict that comes and goes is none.
fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Runs a property over bodies for one method and path. At least one must be refused, and, unless the door is for
/// passwords, one be taken: a property of which only one side is ever seen proves little.
fn check(site: &Site, method: &str, path: &str, body: impl Strategy<Value = Value>, some_pass: bool) {
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    let ran = runner(CASES).run(&body, |body| {
        let status = site.send(ask(method, path).at("2.96").json(&body))?;
        let side = if status < 300 { &taken } else { &refused };
        side.set(side.get() + 1);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    assert!(refused.get() > 0 && (!some_pass || taken.get() > 0), "{method} {path}: {taken:?} {refused:?}");
}

#[test]
fn any_body_is_taken_or_refused() {
    let site = site();
    let server =
        json!({"name": "x", "flavorRef": "small", "networks": "none", "metadata": {}, "description": null});
    let flavor = json!({"name": "f", "vcpus": 1, "ram": 1, "disk": 1, "id": null, "swap": 0});
    let service = json!({"status": "disabled", "disabled_reason": "x", "forced_down": false});
    let action = format!("/compute/v2.1/servers/{}/action", site.server);
    let host = format!("/compute/v2.1/os-services/{}", site.service);
    let wrapped = |key: &'static str, base: Value| near(base).prop_map(move |value| json!({key: value}));
    check(&site, "POST", "/compute/v2.1/servers", wrapped("server", server), true);
    check(&site, "POST", "/compute/v2.1/flavors", wrapped("flavor", flavor), true);
    check(&site, "PUT", &host, near(service), true);
    check(&site, "POST", &action, wrapped("evacuate", json!({"host": "host1"})), false);
    let specs = "/compute/v2.1/flavors/small/os-extra_specs";
    check(&site, "POST", specs, wrapped("extra_specs", json!({"a": "b"})), true);
    let identity = json!({"methods": ["token"], "token": {"id": "x"}, "password": {"user": {"name": "a", "password": "b"}}});
    let login = wrapped("identity", identity).prop_map(|identity| json!({"auth": identity}));
    check(&site, "POST", "/identity/v3/auth/tokens", login, false);
    for (method, path) in [("POST", "/compute/v2.1/servers"), ("POST", &action), ("PUT", &host)] {
        check(&site, method, path, any_json(), false);
    }
}

#[test]
fn any_query_and_any_path_is_answered() {
    let site = site();
    let lists =
        ["servers", "servers/detail", "flavors", "os-services", "os-hypervisors", "os-migrations", "limits"];
    let text = "[a-zA-Z0-9%&=_:^$. -]{0,40}".prop_map(|text| text.replace(' ', "+"));
    let keys = "limit marker name status host deleted all_tenants changes-since sort_dir project_id is_public binary hidden with_servers hypervisor_hostname_pattern uuid";
    let key = prop::sample::select(keys.split_whitespace().collect::<Vec<_>>());
    let path = prop_oneof![
        (prop::sample::select(lists.to_vec()), key, text.clone())
            .prop_map(|(list, key, text)| format!("/compute/v2.1/{list}?{key}={text}")),
        text.clone().prop_map(|text| format!("/compute/v2.1/servers/{}", text.replace(['%', '&'], "x"))),
        text.prop_map(|text| format!("/placement/resource_providers?{text}")),
    ];
    let ran = runner(4 * CASES).run(&path, |path| site.send(ask("GET", &path).at("2.96")).map(|_| ()));
    ran.unwrap_or_else(|error| panic!("{error}"));
}
