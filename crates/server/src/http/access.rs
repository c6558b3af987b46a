//! Who may use a route, and the guard that checks it before the handler sees anything.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use steadfast_operations::Control;

use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::identity::caller::Session;
use crate::identity::role::Role;
use crate::site::Site;

/// Where clients put their token.
pub const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    /// Whoever has a token, of a project or not.
    Token,
    /// Whoever has a token of a project and this role or a higher one there.
    Role(Role),
    /// A host's agent, for its own host.
    Agent,
}

impl Access {
    /// For docs/api.md.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Access::Anyone => "anyone",
            Access::Token => "any token",
            Access::Role(role) => role.name(),
            Access::Agent => "agent",
        }
    }
}

/// Lets a request through to a route, or says why not. What it learned about the caller travels in the request.
///
/// # Errors
/// 404 at a version at which the route does not exist, 401 without a valid token, 403 without the role.
pub fn admit<C: Control>(
    site: &Site<C>,
    mut request: Request,
    access: Access,
    since: Option<Microversion>,
    until: Option<Microversion>,
) -> Result<Request, Refusal> {
    if let Some(version) = request.extensions().get::<Microversion>().copied() {
        exists_at(version, since, until)?;
    }
    match access {
        Access::Anyone => {}
        Access::Token => {
            let session = authenticate(site, request.headers())?;
            request.extensions_mut().insert(session);
        }
        Access::Role(needed) => {
            let session = authenticate(site, request.headers())?;
            let caller = session.caller(needed)?;
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(session);
        }
        Access::Agent => {
            let key = crate::agent::key::carried(request.headers(), &site.settings().agents)?;
            request.extensions_mut().insert(key);
        }
    }
    Ok(request)
}

fn exists_at(
    version: Microversion,
    since: Option<Microversion>,
    until: Option<Microversion>,
) -> Result<(), Refusal> {
    if let Some(since) = since.filter(|since| version < *since) {
        return Err(Refusal::not_found(format!(
            "this resource does not exist at API version {version}: ask for {since} or later"
        )));
    }
    if let Some(until) = until.filter(|until| version >= *until) {
        return Err(Refusal::not_found(format!(
            "this resource does not exist at API version {version}: it ended with {until}"
        )));
    }
    Ok(())
}

/// The session of the token that a request carries.
///
/// # Errors
/// 401 without a token, or with one that is not valid any more.
pub fn authenticate<C: Control>(site: &Site<C>, headers: &HeaderMap) -> Result<Session, Refusal> {
    let Some(text) = headers.get(AUTH_TOKEN) else {
        return Err(Refusal::unauthorized(
            "the request has no token: get one with POST /identity/v3/auth/tokens and send it as X-Auth-Token",
        ));
    };
    Session::open(site, text.to_str().unwrap_or_default())
}
