//! `POST /v3/auth/tokens`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use steadfast_model::ids::{Moment, ProjectId};
use steadfast_operations::Control;

use super::SUBJECT_TOKEN;
use super::view::view;
use crate::http::body::Body;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::identity::auth::request::{AskedScope, Identity, Request};
use crate::identity::caller::Session;
use crate::identity::directory::{Directory, User};
use crate::identity::token::{Method, TOKEN_LIFETIME_US, Token};
use crate::site::Site;

/// Who proved to be whom, and until when that counts.
struct Proven {
    user: User,
    methods: Vec<Method>,
    expires_at: Moment,
    /// The project of the token that was the proof.
    project: Option<ProjectId>,
}

pub async fn create<C: Control>(
    State(site): State<Site<C>>,
    mut query: Query,
    Body(Request { auth }): Body<Request>,
) -> Result<impl IntoResponse, Refusal> {
    let with_catalog = query.text("nocatalog").is_none();
    query.finish()?;
    auth.identity.check()?;
    let proven = prove(&site, &auth.identity).await?;
    let project = scope(&site.settings().directory, &proven, auth.scope.as_ref())?;
    let token = Token {
        user: proven.user.id.clone(),
        project: project.clone(),
        methods: proven.methods,
        issued_at: site.control().now(),
        expires_at: proven.expires_at,
        audit_id: site.control().id(),
    };
    let text = site.settings().signer.sign(&token);
    let session = Session::open(&site, &text)?;
    Ok((StatusCode::CREATED, [(SUBJECT_TOKEN, text)], Json(view(&site, &session, with_catalog))))
}

/// Checks every proof; all must be of the same user. A token got with a token does not outlive it.
async fn prove<C: Control>(site: &Site<C>, identity: &Identity) -> Result<Proven, Refusal> {
    let mut proven: Option<Proven> = None;
    if let Some(proof) =
        identity.token.as_ref().filter(|_| identity.methods.iter().any(|name| name == "token"))
    {
        let session = Session::open(site, proof.id.reveal())?;
        let mut methods = session.token.methods;
        methods.push(Method::Token);
        let (user, expires_at, project) = (session.user, session.token.expires_at, session.token.project);
        proven = Some(Proven { user, methods, expires_at, project });
    }
    if let Some(proof) =
        identity.password.as_ref().filter(|_| identity.methods.iter().any(|name| name == "password"))
    {
        let user = proof.user.find(&site.settings().directory).cloned();
        let hash = user.as_ref().map(|user| user.password.clone());
        let right = site.passwords().check(hash, proof.user.password.clone()).await;
        // One sentence for both: whether a user exists is nobody's business who cannot log in.
        let wrong = || Refusal::unauthorized("the user is unknown or the password is wrong");
        let user = user.filter(|_| right).ok_or_else(wrong)?;
        let fresh = Moment(site.control().now().0.saturating_add(TOKEN_LIFETIME_US));
        proven = Some(match proven {
            None => Proven { user, methods: vec![Method::Password], expires_at: fresh, project: None },
            Some(also) if also.user.id == user.id => also.by(Method::Password),
            Some(_) => {
                return Err(Refusal::unauthorized("the password and the token are of different users"));
            }
        });
    }
    let mut proven = proven.expect("a method was named, and each brings its proof");
    proven.methods.sort_unstable();
    proven.methods.dedup();
    Ok(proven)
}

impl Proven {
    fn by(mut self, method: Method) -> Proven {
        self.methods.push(method);
        self
    }
}

/// The project that the token is for: the one asked for, else the user's default one, else none.
fn scope(
    directory: &Directory,
    proven: &Proven,
    asked: Option<&AskedScope>,
) -> Result<Option<ProjectId>, Refusal> {
    match asked {
        Some(AskedScope::Unscoped) => Ok(None),
        Some(AskedScope::Other(what)) => Err(Refusal::unauthorized(format!(
            "nobody has a role on a {} here: ask for a project as the scope",
            quote(what)
        ))),
        Some(AskedScope::Project(asked)) => {
            let project = asked.find(directory).map(|project| project.id.clone());
            let has_role = project.filter(|project| proven.user.roles.contains_key(project));
            has_role.map(Some).ok_or_else(|| {
                Refusal::unauthorized(format!("{} has no role in the project asked for", proven.user.name))
            })
        }
        None => Ok(proven.project.clone().or_else(|| proven.user.default_project.clone())),
    }
}
