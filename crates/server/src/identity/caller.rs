//! Who calls: a session is a valid token with its user; a caller is a session with a project and a role.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use steadfast_model::cause::{Cause, Scope};
use steadfast_model::ids::{ProjectId, UserId};
use steadfast_operations::Control;

use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::identity::directory::{Directory, User};
use crate::identity::role::Role;
use crate::identity::token::Token;
use crate::site::Site;

/// A valid token, and what its user may do in its project now.
#[derive(Debug, Clone)]
pub struct Session {
    pub token: Token,
    pub user: User,
    pub project: Option<(ProjectId, Role)>,
}

impl Session {
    /// The session of a token's text.
    ///
    /// # Errors
    /// 401 when the token is not valid, or its user is gone or has lost the project.
    pub fn open<C: Control>(site: &Site<C>, text: &str) -> Result<Session, Refusal> {
        let token = site.settings().signer.open(text, site.control().now());
        let token = token.map_err(|error| Refusal::unauthorized(format!("{error}: get a new one")))?;
        Session::of(&site.settings().directory, token)
    }

    fn of(directory: &Directory, token: Token) -> Result<Session, Refusal> {
        let gone = |what| {
            Refusal::unauthorized(format!("the token's {what} does not exist any more: get a new one"))
        };
        let user = directory.user(&token.user).cloned().ok_or_else(|| gone("user"))?;
        let project = match &token.project {
            None => None,
            Some(id) => {
                let role = user.roles.get(id).copied().ok_or_else(|| gone("role in its project"))?;
                Some((id.clone(), role))
            }
        };
        Ok(Session { token, user, project })
    }

    /// Who it is, for the log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { user: self.user.id.clone(), project: self.project.as_ref().map(|(id, _)| id.clone()) }
    }

    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.project.as_ref().is_some_and(|(_, role)| *role == Role::Admin)
    }

    /// The caller, if the session has this role in a project.
    ///
    /// # Errors
    /// 403 when it has not.
    pub fn caller(&self, needed: Role) -> Result<Caller, Refusal> {
        let Some((project, role)) = self.project.clone() else {
            return Err(Refusal::forbidden(
                "the token is for no project: get one with a project as its scope",
            ));
        };
        if role < needed {
            let (needed, role) = (needed.name(), role.name());
            return Err(Refusal::forbidden(format!(
                "this takes the role {needed} in the token's project; {} has {role} there",
                self.user.name
            )));
        }
        Ok(Caller { user: self.user.id.clone(), project, role })
    }
}

/// Whose request an answer is to: what the log says of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub project: Option<ProjectId>,
}

/// A user acting in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub project: ProjectId,
    pub role: Role,
}

impl Caller {
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Which instances the caller may name: operators any, others their project's.
    #[must_use]
    pub fn scope(&self) -> Scope {
        if self.is_admin() { Scope::All } else { self.list_scope(false) }
    }

    /// Which instances a list of the caller's shows: all projects' only if an operator asks for them.
    #[must_use]
    pub fn list_scope(&self, all_projects: bool) -> Scope {
        if all_projects && self.is_admin() { Scope::All } else { Scope::Project(self.project.clone()) }
    }

    #[must_use]
    pub fn cause(&self, ids: &RequestIds) -> Cause {
        Cause { request: ids.local.clone(), actor: self.user.clone(), project: self.project.clone() }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let found = parts.extensions.get::<Caller>().cloned();
        Ok(found.expect("a route that asks for its caller stands in the table with a role"))
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let found = parts.extensions.get::<Session>().cloned();
        Ok(found.expect("a route that asks for a session stands in the table with a token"))
    }
}
