//! `DELETE /flavors/{flavor_id}`.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use steadfast_operations::Control;

use super::find::find;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn delete<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<StatusCode, Refusal> {
    site.control()
        .tx("flavor.delete", &caller.cause(&ids), move |tx| {
            let flavor = find(tx, &id, true)?;
            tx.remove(&flavor);
            Ok(())
        })
        .await?;
    Ok(StatusCode::ACCEPTED)
}
