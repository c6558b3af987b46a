//! Finding the host of a service. Removed hosts have none.

use std::sync::Arc;

use steadfast_model::host::Host;
use steadfast_model::ids::HostId;
use steadfast_operations::Refused;
use steadfast_operations::seam::{Abort, Halt, View, get, hosts};
use uuid::Uuid;

use crate::compute::number::number;
use crate::http::microversion::Microversion;
use crate::http::refusal::quote;
use crate::http::versions::compute::UUIDS;

/// Every host that is not removed, by name.
///
/// # Errors
/// When the store cannot answer.
pub fn all(view: &mut View<'_>) -> Result<Vec<Arc<Host>>, Abort> {
    Ok(view.read(hosts())?.into_iter().map(|seen| seen.row).filter(|host| !host.removed).collect())
}

/// The host by what the version calls it: a uuid, or a number before 2.53.
///
/// # Errors
/// Not found, or from 2.53 on invalid when the text is no uuid.
pub fn by_id(view: &mut View<'_>, version: Microversion, what: &str, id: &str) -> Result<Arc<Host>, Halt> {
    let uuid = id.parse::<Uuid>().ok();
    if version >= UUIDS && uuid.is_none() {
        return Err(
            Refused::Invalid(format!("Invalid uuid {}: {what} is known by its uuid.", quote(id))).into()
        );
    }
    let known = all(view)?;
    let found = known.into_iter().find(|host| {
        if version >= UUIDS { uuid == Some(host.uuid) } else { id == number(host.uuid).to_string() }
    });
    Ok(found.ok_or_else(|| Refused::not_found(what, quote(id)))?)
}

/// The host of this name.
///
/// # Errors
/// Not found; the text may be no name at all.
pub fn by_name(view: &mut View<'_>, name: &str) -> Result<Arc<Host>, Halt> {
    let missing = || Refused::not_found("Compute host", quote(name));
    let id: HostId = name.parse().map_err(|_| missing())?;
    let found = view.read(get::<Host>(&id))?.map(|seen| seen.row).filter(|host| !host.removed);
    Ok(found.ok_or_else(missing)?)
}
