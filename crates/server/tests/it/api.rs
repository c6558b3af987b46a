//! A site under test, and how tests talk to it.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use steadfast_model::pci::{Alias, Aliases};
use steadfast_operations::Control;
use steadfast_server::agent::key::{AgentKey, AgentKeys};
use steadfast_server::identity::directory::Directory;
use steadfast_server::identity::password::PasswordHash;
use steadfast_server::identity::secret::Secret;
use steadfast_server::identity::token::Signer;
use steadfast_server::image::folder::Images;
use steadfast_server::{Metrics, Settings, Site, router};
use tower::ServiceExt;

use crate::world::World;

/// Everyone's password.
pub const PASSWORD: &str = "correct horse";

/// The key of each host's agent is its name, repeated.
pub fn agent_key(host: &str) -> String {
    host.repeat(8)
}

static HASH: LazyLock<String> =
    LazyLock::new(|| PasswordHash::of(&Secret::from(PASSWORD.to_owned()), [7; 16]).phc());

/// admin operates; alice is a member and rita a reader of demo; bob is a member of other and has no default project.
pub fn users() -> String {
    let hash = HASH.as_str();
    format!(
        "
        [[projects]]
        id = 'p-admin'
        name = 'admin'
        [[projects]]
        id = 'p-demo'
        name = 'demo'
        [[projects]]
        id = 'p-other'
        name = 'other'
        [[users]]
        id = 'u-admin'
        name = 'admin'
        password = '{hash}'
        default_project = 'admin'
        roles = {{ admin = 'admin', demo = 'admin' }}
        [[users]]
        id = 'u-alice'
        name = 'alice'
        password = '{hash}'
        default_project = 'demo'
        roles = {{ demo = 'member' }}
        [[users]]
        id = 'u-rita'
        name = 'rita'
        password = '{hash}'
        default_project = 'demo'
        roles = {{ demo = 'reader' }}
        [[users]]
        id = 'u-bob'
        name = 'bob'
        password = '{hash}'
        roles = {{ other = 'member' }}
        "
    )
}

fn images() -> Images {
    Images::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images").as_ref())
        .expect("the images in the repository")
}

fn agents() -> AgentKeys {
    let key = |host: &str| {
        let key = AgentKey::parse(&agent_key(host)).expect("long enough");
        (host.parse().expect("a name"), key.hash())
    };
    AgentKeys::new(["host1", "host2", "host3"].map(key).into())
}

/// What flavors may ask for: `gpu`, a device that stands alone, and `vf`, a virtual function.
fn aliases() -> Aliases {
    let alias = |name: &str, product: &str, kind: &str| json!({"name": name, "vendor_id": "10de", "product_id": product, "device_type": kind});
    let entries = json!([alias("gpu", "2330", "type-PCI"), alias("vf", "10ed", "type-VF")]);
    let entries: Vec<Alias> = serde_json::from_value(entries).expect("aliases");
    Aliases::new(entries).expect("aliases")
}

pub fn settings() -> Settings {
    Settings {
        endpoint: "http://site".parse().expect("an endpoint"),
        region: "RegionOne".to_owned(),
        directory: Directory::parse(&users()).expect("a users file"),
        signer: Signer::new(&[9; 32]).expect("long enough"),
        images: images(),
        agents: agents(),
        aliases: aliases(),
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// Checks the status; the answer is shown if it is another.
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// One request, built up by the test.
#[derive(Debug, Clone)]
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub fn ask(method: &str, path: &str) -> Ask {
    let method = method.parse().expect("a method");
    Ask { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
}

impl Ask {
    pub fn header(mut self, name: &str, value: &str) -> Ask {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// At a version of Compute.
    pub fn at(self, version: &str) -> Ask {
        self.header("OpenStack-API-Version", &format!("compute {version}"))
    }

    pub fn token(self, token: &str) -> Ask {
        self.header("X-Auth-Token", token)
    }

    pub fn body(self, body: impl Into<Vec<u8>>) -> Ask {
        Ask { body: body.into(), ..self }.header("Content-Type", "application/json")
    }

    pub fn json(self, body: &Value) -> Ask {
        self.body(body.to_string())
    }
}

/// A site over a world of its own.
pub struct Api<C = World> {
    pub world: C,
    router: Router,
}

impl Api {
    pub fn new() -> Api {
        Api::over(World::new())
    }
}

impl<C: Control> Api<C> {
    pub fn over(world: C) -> Api<C> {
        crate::log::keep();
        let site = Site::new(world.clone(), settings(), Metrics::new(Registry::default()));
        Api { world, router: router(site) }
    }

    pub async fn send(&self, ask: Ask) -> Answer {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        self.call(request.body(Body::from(ask.body)).expect("a request")).await
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.expect("the router is infallible");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(ask("GET", path)).await
    }

    /// Logs a user in for a project, or for its default one.
    pub async fn login(&self, user: &str, project: Option<&str>) -> String {
        let answer = self.send(ask("POST", "/identity/v3/auth/tokens").json(&login(user, project))).await;
        answer.expect(201).header("X-Subject-Token").expect("a token").to_owned()
    }
}

/// The body of an ordinary login.
pub fn login(user: &str, project: Option<&str>) -> Value {
    let domain = json!({"name": "Default"});
    let user = json!({"name": user, "domain": domain, "password": PASSWORD});
    let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
    if let Some(project) = project {
        auth["scope"] = json!({"project": {"name": project, "domain": domain}});
    }
    json!({"auth": auth})
}
