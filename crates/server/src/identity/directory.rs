//! The users file: who there is, in which projects, with which roles.
//!
//! ```toml
//! [[projects]]
//! id = "6b2e7a40c1d94b8f9d2f8c5f6b1f0a11"
//! name = "admin"
//!
//! [[users]]
//! id = "0d7c1f3c4a5a4a1f8f2b5e6d7c8b9a00"
//! name = "admin"
//! password = "$argon2id$v=19$m=19456,t=2,p=1$…"   # steadfast password
//! default_project = "admin"
//! roles = { admin = "admin" }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use steadfast_model::ids::{ProjectId, UserId};

use crate::identity::password::PasswordHash;
use crate::identity::role::Role;

/// The one domain that everything is in.
pub const DOMAIN_ID: &str = "default";
pub const DOMAIN_NAME: &str = "Default";

/// A project of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    pub description: String,
}

/// A user of the file.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub password: PasswordHash,
    pub default_project: Option<ProjectId>,
    pub roles: BTreeMap<ProjectId, Role>,
}

/// Everyone and every project.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    projects: BTreeMap<ProjectId, Project>,
    users: BTreeMap<UserId, User>,
}

/// Why a users file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    #[error("the users file is not valid TOML of the right shape: line {line}: {why}")]
    Malformed { line: usize, why: String },
    #[error("the users file has two {what} `{name}`: every id and every name may stand once")]
    Twice { what: &'static str, name: String },
    #[error(
        "the users file gives user `{user}` the project `{project}`, which it does not define; add a [[projects]] entry"
    )]
    UnknownProject { user: String, project: String },
    #[error(
        "the users file makes `{project}` the default project of user `{user}`, who has no role there; add one to roles"
    )]
    NoRoleInDefault { user: String, project: String },
    #[error(
        "the password of user `{user}` is not an argon2 hash in PHC form; make one with `steadfast password`"
    )]
    Password { user: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    projects: Vec<ProjectEntry>,
    #[serde(default)]
    users: Vec<UserEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectEntry {
    id: ProjectId,
    name: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    id: UserId,
    name: String,
    password: String,
    default_project: Option<String>,
    #[serde(default)]
    roles: BTreeMap<String, Role>,
}

impl Directory {
    /// Reads a users file.
    ///
    /// # Errors
    /// What is wrong with it. No error repeats a password's hash.
    pub fn parse(text: &str) -> Result<Directory, DirectoryError> {
        // The parser's own message quotes the line it stands on, which may be the one with the hash.
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
            DirectoryError::Malformed { line, why: error.message().to_owned() }
        })?;
        let mut directory = Directory::default();
        for ProjectEntry { id, name, description } in file.projects {
            directory.add_project(Project { id, name, description })?;
        }
        let mut names = BTreeSet::new();
        for entry in file.users {
            if !names.insert(entry.name.clone()) {
                return Err(DirectoryError::Twice { what: "users named", name: entry.name });
            }
            let user = directory.resolve(entry)?;
            if let Some(former) = directory.users.insert(user.id.clone(), user) {
                return Err(DirectoryError::Twice { what: "users with the id", name: former.id.to_string() });
            }
        }
        Ok(directory)
    }

    fn add_project(&mut self, project: Project) -> Result<(), DirectoryError> {
        if self.project_named(&project.name).is_some() {
            return Err(DirectoryError::Twice { what: "projects named", name: project.name });
        }
        match self.projects.insert(project.id.clone(), project) {
            None => Ok(()),
            Some(former) => {
                Err(DirectoryError::Twice { what: "projects with the id", name: former.id.to_string() })
            }
        }
    }

    fn resolve(&self, entry: UserEntry) -> Result<User, DirectoryError> {
        let UserEntry { id, name, password, default_project, roles } = entry;
        let project = |project: &str| {
            let found = self.project_named(project).map(|project| project.id.clone());
            found.ok_or_else(|| DirectoryError::UnknownProject {
                user: name.clone(),
                project: project.to_owned(),
            })
        };
        let roles = roles
            .iter()
            .map(|(name, role)| Ok((project(name)?, *role)))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let default = default_project.as_deref().map(project).transpose()?;
        if let Some(default) = default.as_ref().filter(|default| !roles.contains_key(*default)) {
            return Err(DirectoryError::NoRoleInDefault {
                user: name,
                project: self.projects[default].name.clone(),
            });
        }
        let password =
            PasswordHash::parse(&password).ok_or(DirectoryError::Password { user: name.clone() })?;
        Ok(User { id, name, password, default_project: default, roles })
    }

    pub fn projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.values()
    }

    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    #[must_use]
    pub fn project(&self, id: &ProjectId) -> Option<&Project> {
        self.projects.get(id)
    }

    #[must_use]
    pub fn project_named(&self, name: &str) -> Option<&Project> {
        self.projects.values().find(|project| project.name == name)
    }

    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.users.get(id)
    }

    #[must_use]
    pub fn user_named(&self, name: &str) -> Option<&User> {
        self.users.values().find(|user| user.name == name)
    }
}
