//! What tests do over and over, as an operator or a user would.

use serde_json::{Value, json};

use crate::api::{Answer, Api, Ask, ask};

const SERVERS: &str = "/compute/v2.1/servers";

/// The newest version that leaves an evacuated server running.
pub const VERSION: &str = "2.94";

/// One person, logged in.
pub struct Person<'a> {
    pub api: &'a Api,
    pub token: String,
}

impl<'a> Person<'a> {
    pub async fn new(api: &'a Api, name: &str, project: Option<&str>) -> Person<'a> {
        Person { api, token: api.login(name, project).await }
    }

    /// Sends a request in the person's name, and waits until what it began goes on by itself no more.
    pub async fn send(&self, ask: Ask) -> Answer {
        let answer = self.api.send(ask.token(&self.token)).await;
        self.api.world.settle().await;
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(ask("GET", path).at(VERSION)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(ask("PUT", path).at(VERSION).json(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(ask("POST", path).at(VERSION).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(ask("DELETE", path).at(VERSION)).await
    }

    /// A small flavor, with devices if a request for them is given.
    pub async fn flavor(&self, id: &str, devices: Option<&str>) {
        let flavor = json!({"flavor": {"id": id, "name": id, "vcpus": 1, "ram": 256, "disk": 1}});
        self.post("/compute/v2.1/flavors", &flavor).await.expect(200);
        if let Some(devices) = devices {
            let specs = json!({"extra_specs": {"pci_passthrough:alias": devices}});
            self.post(&format!("/compute/v2.1/flavors/{id}/os-extra_specs"), &specs).await.expect(200);
        }
    }

    /// Asks for a server; it is not built before some host's agent obeys.
    pub async fn boot(&self, name: &str, flavor: &str) -> String {
        let server = json!({"server": {"name": name, "flavorRef": flavor, "networks": "none"}});
        let answer = self.post(SERVERS, &server).await.expect(202);
        answer.json()["server"]["id"].as_str().expect("an id").to_owned()
    }

    pub async fn act(&self, server: &str, action: &Value) -> Answer {
        self.post(&format!("{SERVERS}/{server}/action"), action).await
    }

    pub async fn show(&self, server: &str) -> Value {
        self.get(&format!("{SERVERS}/{server}")).await.expect(200).json()["server"].clone()
    }

    pub async fn status(&self, server: &str) -> String {
        self.show(server).await["status"].as_str().expect("a word").to_owned()
    }

    /// The service of a host.
    pub async fn service(&self, host: &str) -> String {
        let services = self.get(&format!("/compute/v2.1/os-services?host={host}")).await.expect(200).json();
        services["services"][0]["id"].as_str().expect("a uuid").to_owned()
    }

    /// Asserts that a host is down.
    pub async fn force_down(&self, host: &str) {
        let service = self.service(host).await;
        self.put(&format!("/compute/v2.1/os-services/{service}"), &json!({"forced_down": true}))
            .await
            .expect(200);
    }
}

/// What a consumer holds, as `host:class=units`, sorted.
pub async fn holds(admin: &Person<'_>, consumer: &str) -> Vec<String> {
    let providers = admin.get("/placement/resource_providers").await.expect(200).json();
    let name = |uuid: &str| {
        let all = providers["resource_providers"].as_array().expect("a list");
        let found = all.iter().find(|provider| provider["uuid"] == uuid).expect("a provider that is listed");
        found["name"].as_str().expect("a name").to_owned()
    };
    let allocations = admin.get(&format!("/placement/allocations/{consumer}")).await.expect(200).json();
    let mut held = Vec::new();
    for (provider, allocation) in allocations["allocations"].as_object().expect("an object") {
        for (class, units) in allocation["resources"].as_object().expect("an object") {
            held.push(format!("{}:{class}={units}", name(provider)));
        }
    }
    held.sort();
    held
}
