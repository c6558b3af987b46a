//! The API as a user has it: Identity to log in, Image and Compute to do the rest.

use std::net::SocketAddr;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use steadfast_model::ids::{HostId, InstanceId};
use uuid::Uuid;

use crate::exit::Failure;
use crate::http::{Answer, Http, secret_header};

/// The last version in which an evacuated server comes back running.
const MICROVERSION: &str = "compute 2.94";

/// A user who has logged in.
#[derive(Debug, Clone)]
pub struct Api {
    http: Http,
    listen: SocketAddr,
    headers: HeaderMap,
}

/// A server as far as the demonstration looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Server {
    pub id: InstanceId,
    pub name: String,
    pub status: String,
    #[serde(rename = "OS-EXT-STS:task_state")]
    pub task_state: Option<String>,
    #[serde(rename = "OS-EXT-SRV-ATTR:host")]
    pub host: Option<HostId>,
    pub fault: Option<Fault>,
}

/// Why a server is in error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    pub message: String,
}

#[derive(Deserialize)]
struct Servers {
    servers: Vec<Server>,
}

#[derive(Deserialize)]
struct Created {
    server: Named<InstanceId>,
}

#[derive(Deserialize)]
struct Named<T> {
    id: T,
}

#[derive(Deserialize)]
struct Images {
    images: Vec<Named<Uuid>>,
}

#[derive(Deserialize)]
struct Services {
    services: Vec<Named<Uuid>>,
}

impl Api {
    /// Logs in as the administrator of the site behind `listen`.
    ///
    /// # Errors
    /// When the site does not have it so.
    pub async fn log_in(listen: SocketAddr, password: &str) -> Result<Api, Failure> {
        let domain = json!({"name": "Default"});
        let user = json!({"name": "admin", "domain": domain, "password": password});
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "admin", "domain": domain}},
        }});
        let mut api = Api { http: Http::default(), listen, headers: HeaderMap::new() };
        let answer = api.ask(Method::POST, "/identity/v3/auth/tokens", Some(&body)).await?;
        let token = answer.headers.get("x-subject-token").and_then(|token| token.to_str().ok());
        let token = token.ok_or_else(|| Failure::because("the login gave no token"))?;
        api.headers = secret_header(HeaderName::from_static("x-auth-token"), token);
        let version = HeaderName::from_static("openstack-api-version");
        api.headers.insert(version, HeaderValue::from_static(MICROVERSION));
        Ok(api)
    }

    /// The id of the image with this name.
    pub async fn image(&self, name: &str) -> Result<Uuid, Failure> {
        let found: Images = self.get(&format!("/image/v2/images?name={name}")).await?;
        let image = found.images.into_iter().next();
        image.map(|image| image.id).ok_or_else(|| Failure::because(format_args!("there is no image {name}")))
    }

    /// Boots a server on the named host.
    pub async fn boot(
        &self,
        name: &str,
        flavor: &str,
        image: Uuid,
        host: &HostId,
    ) -> Result<InstanceId, Failure> {
        let server = json!({
            "name": name, "flavorRef": flavor, "imageRef": image, "networks": "none", "host": host,
        });
        self.create(&server).await
    }

    /// Boots a server wherever there is room.
    pub async fn boot_anywhere(&self, name: &str, flavor: &str, image: Uuid) -> Result<InstanceId, Failure> {
        let server = json!({"name": name, "flavorRef": flavor, "imageRef": image, "networks": "none"});
        self.create(&server).await
    }

    async fn create(&self, server: &Value) -> Result<InstanceId, Failure> {
        let body = json!({"server": server});
        let answer = self.ask(Method::POST, "/compute/v2.1/servers", Some(&body)).await?;
        Ok(read::<Created>(&answer)?.server.id)
    }

    /// Deletes a server.
    pub async fn delete(&self, server: InstanceId) -> Result<(), Failure> {
        self.ask(Method::DELETE, &format!("/compute/v2.1/servers/{server}"), None).await.map(drop)
    }

    /// Every server.
    pub async fn servers(&self) -> Result<Vec<Server>, Failure> {
        Ok(self.get::<Servers>("/compute/v2.1/servers/detail").await?.servers)
    }

    /// Asserts that a host is down.
    pub async fn force_down(&self, host: &HostId) -> Result<(), Failure> {
        let services: Services =
            self.get(&format!("/compute/v2.1/os-services?binary=nova-compute&host={host}")).await?;
        let service = services.services.first();
        let service = service.ok_or_else(|| Failure::because(format_args!("{host} has no service")))?;
        let path = format!("/compute/v2.1/os-services/{}", service.id);
        self.ask(Method::PUT, &path, Some(&json!({"forced_down": true}))).await.map(drop)
    }

    /// Evacuates a server to whichever host takes it.
    pub async fn evacuate(&self, server: InstanceId) -> Result<(), Failure> {
        let path = format!("/compute/v2.1/servers/{server}/action");
        self.ask(Method::POST, &path, Some(&json!({"evacuate": {}}))).await.map(drop)
    }

    /// The control plane's metrics.
    pub async fn metrics(&self) -> Result<String, Failure> {
        let answer = self.ask(Method::GET, "/metrics", None).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn get<T: for<'a> Deserialize<'a>>(&self, path: &str) -> Result<T, Failure> {
        read(&self.ask(Method::GET, path, None).await?)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let url: Uri = format!("http://{}{path}", self.listen).parse().map_err(Failure::because)?;
        let asked = format!("{method} {path}");
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.http.send(method, &url, &self.headers, body).await;
        let answer = answer.map_err(|why| Failure::because(format_args!("{asked}: {why}")))?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(Failure::because(format_args!("{asked}: {}: {}", answer.status, answer.excerpt())))
    }
}

fn read<T: for<'a> Deserialize<'a>>(answer: &Answer) -> Result<T, Failure> {
    serde_json::from_slice(&answer.body).map_err(Failure::cannot("read the API's answer"))
}
