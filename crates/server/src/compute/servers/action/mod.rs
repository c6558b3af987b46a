//! `POST /servers/{server_id}/action`: the body's one key says what to do.

pub mod confirm_resize;
pub mod evacuate;
pub mod migrate;
pub mod resize;
pub mod revert_resize;
pub mod start;
pub mod stop;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use steadfast_model::ids::InstanceId;
use steadfast_operations::{Control, Refused};

use crate::http::access::Access;
use crate::http::body::Body;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::request_id::RequestIds;
use crate::http::route::Route;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::identity::role::Role;
use crate::site::Site;

/// What can be done to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Start,
    Stop,
    Resize,
    ConfirmResize,
    RevertResize,
    Migrate,
    Evacuate,
}

impl Action {
    pub const ALL: [Action; 7] = [
        Action::Start,
        Action::Stop,
        Action::Resize,
        Action::ConfirmResize,
        Action::RevertResize,
        Action::Migrate,
        Action::Evacuate,
    ];

    /// The key that asks for it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Action::Start => "os-start",
            Action::Stop => "os-stop",
            Action::Resize => "resize",
            Action::ConfirmResize => "confirmResize",
            Action::RevertResize => "revertResize",
            Action::Migrate => "migrate",
            Action::Evacuate => "evacuate",
        }
    }

    /// The role that it takes.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Action::Start | Action::Stop | Action::Resize | Action::ConfirmResize | Action::RevertResize => {
                Role::Member
            }
            Action::Migrate | Action::Evacuate => Role::Admin,
        }
    }

    /// What it does, for docs/api.md.
    #[must_use]
    pub fn does(self) -> &'static str {
        match self {
            Action::Start => "Start a stopped server",
            Action::Stop => "Stop a server",
            Action::Resize => "Move a server to another host, at the size of another flavor",
            Action::ConfirmResize => "Confirm a move: what the server left behind is let go of",
            Action::RevertResize => "Revert a move: the server goes back to what it left behind",
            Action::Migrate => "Move a server to another host while it is off",
            Action::Evacuate => "Rebuild a server of a fenced host elsewhere",
        }
    }
}

/// The actions of Nova that this site answers with 501.
pub const UNBUILT: [&str; 25] = [
    "addFloatingIp",
    "addSecurityGroup",
    "changePassword",
    "createBackup",
    "createImage",
    "forceDelete",
    "injectNetworkInfo",
    "lock",
    "os-getConsoleOutput",
    "os-getVNCConsole",
    "os-migrateLive",
    "os-resetState",
    "pause",
    "reboot",
    "rebuild",
    "removeSecurityGroup",
    "rescue",
    "resetNetwork",
    "resume",
    "shelve",
    "shelveOffload",
    "suspend",
    "trigger_crash_dump",
    "unlock",
    "unpause",
];

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let does = "Do something to a server: see the table of actions";
    vec![Route::post("/compute/v2.1/servers/{server_id}/action", Access::Role(Role::Reader), does, act::<C>)]
}

/// One request for an action, parsed as far as all actions share it.
#[derive(Debug)]
pub struct Ask {
    pub instance: InstanceId,
    pub version: Microversion,
    pub caller: Caller,
    pub ids: RequestIds,
    pub argument: Value,
}

async fn act<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
    Body(body): Body<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let (action, argument) = one_action(body)?;
    if caller.role < action.role() {
        let (key, role) = (action.key(), action.role().name());
        return Err(Refusal::forbidden(format!("{key} takes the role {role} in the token's project")));
    }
    let instance = id.parse().map_err(|_| Refused::not_found("Instance", quote(&id)))?;
    let ask = Ask { instance, version, caller, ids, argument };
    let accepted = StatusCode::ACCEPTED.into_response();
    match action {
        Action::Start => start::start(&site, ask).await.map(|()| accepted),
        Action::Stop => stop::stop(&site, ask).await.map(|()| accepted),
        Action::Resize => resize::resize(&site, ask).await.map(|()| accepted),
        Action::ConfirmResize => {
            confirm_resize::confirm_resize(&site, ask).await.map(|()| StatusCode::NO_CONTENT.into_response())
        }
        Action::RevertResize => revert_resize::revert_resize(&site, ask).await.map(|()| accepted),
        Action::Migrate => migrate::migrate(&site, ask).await.map(|()| accepted),
        Action::Evacuate => evacuate::evacuate(&site, ask).await,
    }
}

fn one_action(body: Map<String, Value>) -> Result<(Action, Value), Refusal> {
    let count = body.len();
    let mut members = body.into_iter();
    let (Some((key, argument)), None) = (members.next(), members.next()) else {
        return Err(Refusal::bad_request(format!(
            "the body has {count} actions: exactly one is needed, such as os-start"
        )));
    };
    if let Some(action) = Action::ALL.into_iter().find(|action| action.key() == key) {
        return Ok((action, argument));
    }
    if UNBUILT.contains(&key.as_str()) {
        let sentence = format!("the action {key} is part of the API, but this site does not have it");
        return Err(Refusal::not_implemented(sentence));
    }
    Err(Refusal::bad_request(format!("there is no such action: {}", quote(&key))))
}

/// Checks that an action which takes nothing was given nothing.
///
/// # Errors
/// 400 when it was given something.
pub fn no_argument(action: Action, argument: &Value) -> Result<(), Refusal> {
    let nothing = match argument {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    };
    let key = action.key();
    if nothing {
        Ok(())
    } else {
        Err(Refusal::bad_request(format!("the body is refused at `{key}`: it takes null")))
    }
}
