//! `DELETE /flavors/{flavor_id}/os-extra_specs/{key}`.

use axum::Extension;
use axum::extract::State;
use steadfast_model::flavor::Flavor;
use steadfast_operations::Control;

use super::spec::missing;
use crate::compute::flavors::find::find;
use crate::http::refusal::Refusal;
use crate::http::request_id::RequestIds;
use crate::http::segment::Segment;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn delete<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    caller: Caller,
    Segment((id, key)): Segment<(String, String)>,
) -> Result<(), Refusal> {
    site.control()
        .tx("flavor.specs.delete", &caller.cause(&ids), move |tx| {
            let old = find(tx, &id, true)?;
            let mut extra_specs = old.extra_specs.clone();
            extra_specs.remove(&key).ok_or_else(|| missing(&id, &key))?;
            tx.update(&old, Flavor { extra_specs, ..old.row.as_ref().clone() });
            Ok(())
        })
        .await?;
    Ok(())
}
