//! `GET /servers/{server_id}/os-instance-actions/{request_id}`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::seam::actions_of;
use steadfast_operations::{Control, Refused};

use super::view::full;
use crate::compute::servers::read::one;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::segment::Segment;
use crate::http::versions::compute::ACTIONS_OF_DELETED;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    version: Microversion,
    caller: Caller,
    Segment((id, request)): Segment<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let (scope, deleted_too) = (caller.scope(), version >= ACTIONS_OF_DELETED);
    let action = site
        .control()
        .view("actions.show", move |view| {
            let instance = one(view, &scope, &id, deleted_too)?;
            let actions = view.read(actions_of(instance.id))?;
            let found = actions.into_iter().find(|action| action.request.as_str() == request);
            Ok(found.ok_or_else(|| Refused::not_found("Action", quote(&request)))?.row)
        })
        .await?;
    Ok(Json(json!({"instanceAction": full(version, caller.is_admin(), &action)})))
}
