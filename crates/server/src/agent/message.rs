//! `POST /agent/v1/{message}`: hands a message to the operation that answers it.
//!
//! A refusal by the operation is answered as `{"refused": {"kind": …, "message": …}}`, so that the agent knows
//! what to do about it; any other failure is an ordinary error.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;
use steadfast_model::cause::Cause;
use steadfast_model::ids::{HostId, ProjectId, UserId};
use steadfast_model::message::{AskList, Hello, Register, Report};
use steadfast_operations::seam::Message;
use steadfast_operations::{Control, Refused, TxError};

use crate::agent::key::AgentKey;
use crate::http::access::Access;
use crate::http::body::Body;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::route::Route;
use crate::site::Site;

/// The project that the agents' requests stand under in the ledger.
const AGENTS_PROJECT: &str = "agents";

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![
        Route::post(
            "/agent/v1/hello",
            Access::Agent,
            "An agent asks which epoch its host is at",
            take::<C, Hello>,
        ),
        Route::post("/agent/v1/register", Access::Agent, "A life of a host begins", take::<C, Register>),
        Route::post(
            "/agent/v1/list",
            Access::Agent,
            "What should be true of every claim on the host; waits for something new",
            take::<C, AskList>,
        ),
        Route::post("/agent/v1/report", Access::Agent, "What the agent observed", take::<C, Report>),
    ]
}

async fn take<C: Control, M: Message>(
    State(site): State<Site<C>>,
    Extension(key): Extension<AgentKey>,
    Extension(ids): Extension<RequestIds>,
    Body(message): Body<M>,
) -> Result<Response, Refusal> {
    let host = message.host().clone();
    if !site.settings().agents.opens(&host, &key) {
        return Err(Refusal::forbidden(format!(
            "the key is not that of host {host}: an agent may only speak for its own host"
        )));
    }
    let cause = cause(&host, &ids);
    match message.handle(site.control(), &cause).await {
        Ok(answer) => Ok(Json(answer).into_response()),
        Err(TxError::Refused(refused)) => Ok(refusal(&refused)),
        Err(TxError::Store(abort)) => Err(TxError::Store(abort).into()),
    }
}

/// Agents act in the name of their host.
fn cause(host: &HostId, ids: &RequestIds) -> Cause {
    let actor = UserId::try_from(host.as_str().to_owned()).expect("whatever names a host can name a user");
    let project = ProjectId::try_from(AGENTS_PROJECT.to_owned()).expect("a constant word is a name");
    Cause { request: ids.local.clone(), actor, project }
}

fn refusal(refused: &Refused) -> Response {
    let status = match refused {
        Refused::NotFound(_) => StatusCode::NOT_FOUND,
        Refused::Invalid(_) => StatusCode::BAD_REQUEST,
        Refused::Conflict(_) | Refused::Stale(_) => StatusCode::CONFLICT,
        Refused::Removed(_) => StatusCode::GONE,
    };
    (status, Json(json!({"refused": refused}))).into_response()
}
