//! What a client sends to log in.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::http::refusal::{Refusal, quote};
use crate::identity::directory::{DOMAIN_ID, DOMAIN_NAME, Directory, Project, User};
use crate::identity::secret::Secret;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub auth: Auth,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub identity: Identity,
    pub scope: Option<AskedScope>,
}

/// The methods named, each with its proof.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub methods: Vec<String>,
    pub password: Option<PasswordProof>,
    pub token: Option<TokenProof>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordProof {
    pub user: UserWithPassword,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserWithPassword {
    pub id: Option<String>,
    pub name: Option<String>,
    pub domain: Option<DomainRef>,
    pub password: Secret,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenProof {
    pub id: Secret,
}

/// A domain, by id or by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainRef {
    pub id: Option<String>,
    pub name: Option<String>,
}

/// A project, by id or by name and domain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectRef {
    pub id: Option<String>,
    pub name: Option<String>,
    pub domain: Option<DomainRef>,
}

/// What the token shall be for.
#[derive(Debug, Clone)]
pub enum AskedScope {
    Unscoped,
    Project(ProjectRef),
    /// A domain, the system or a trust, which this site does not have.
    Other(String),
}

impl DomainRef {
    fn is_ours(&self) -> bool {
        let by_id = self.id.as_deref().is_none_or(|id| id == DOMAIN_ID);
        by_id && self.name.as_deref().is_none_or(|name| name == DOMAIN_NAME)
    }
}

impl UserWithPassword {
    /// The user meant, if there is one.
    #[must_use]
    pub fn find<'d>(&self, directory: &'d Directory) -> Option<&'d User> {
        if !self.domain.as_ref().is_none_or(DomainRef::is_ours) {
            return None;
        }
        match (&self.id, &self.name) {
            (Some(id), _) => directory.user(&id.parse().ok()?),
            (None, Some(name)) => directory.user_named(name),
            (None, None) => None,
        }
    }
}

impl ProjectRef {
    /// The project meant, if there is one.
    #[must_use]
    pub fn find<'d>(&self, directory: &'d Directory) -> Option<&'d Project> {
        if !self.domain.as_ref().is_none_or(DomainRef::is_ours) {
            return None;
        }
        match (&self.id, &self.name) {
            (Some(id), _) => directory.project(&id.parse().ok()?),
            (None, Some(name)) => directory.project_named(name),
            (None, None) => None,
        }
    }
}

impl Identity {
    /// Checks that every method named is known and brings its proof.
    ///
    /// # Errors
    /// 400 for a method without its proof, 401 for one that this site does not know.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.methods.is_empty() {
            return Err(Refusal::bad_request("auth.identity.methods is empty: name `password` or `token`"));
        }
        for method in &self.methods {
            let proof = match method.as_str() {
                "password" => self.password.is_some(),
                "token" => self.token.is_some(),
                other => {
                    let other = quote(other);
                    return Err(Refusal::unauthorized(format!(
                        "the authentication method `{other}` is not known here: use `password` or `token`"
                    )));
                }
            };
            if !proof {
                return Err(Refusal::bad_request(format!(
                    "auth.identity.methods names `{method}`, but auth.identity.{method} is missing"
                )));
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for AskedScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScopeVisitor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeObject {
    project: Option<ProjectRef>,
    unscoped: Option<serde_json::Value>,
    domain: Option<serde_json::Value>,
    system: Option<serde_json::Value>,
    #[serde(rename = "OS-TRUST:trust")]
    trust: Option<serde_json::Value>,
}

struct ScopeVisitor;

impl<'de> Visitor<'de> for ScopeVisitor {
    type Value = AskedScope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`unscoped` or an object with the key `project`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AskedScope, E> {
        match text {
            "unscoped" => Ok(AskedScope::Unscoped),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AskedScope, A::Error> {
        let ScopeObject { project, unscoped, domain, system, trust } =
            ScopeObject::deserialize(MapAccessDeserializer::new(map))?;
        let others = [("domain", domain), ("system", system), ("trust", trust)];
        let other = others.into_iter().find(|(_, asked)| asked.is_some());
        match (project, other) {
            (Some(project), None) if unscoped.is_none() => Ok(AskedScope::Project(project)),
            (None, Some((other, _))) if unscoped.is_none() => Ok(AskedScope::Other(other.to_owned())),
            (None, None) if unscoped.is_some() => Ok(AskedScope::Unscoped),
            (Some(_) | None, _) => {
                Err(A::Error::custom("a scope is exactly one of project, domain, system, unscoped"))
            }
        }
    }
}
