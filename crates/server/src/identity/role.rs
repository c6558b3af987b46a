//! The three roles, each including the ones below it.

use serde::{Deserialize, Serialize};

/// What a user may do in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads what is the project's.
    Reader,
    /// Changes what is the project's.
    Member,
    /// Operates the site.
    Admin,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Reader, Role::Member, Role::Admin];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Member => "member",
            Role::Admin => "admin",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The role and those that it includes, highest first: what a token lists.
    pub fn included(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().rev().filter(move |role| *role <= self)
    }
}
