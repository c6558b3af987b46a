//! Finding one flavor.

use steadfast_model::flavor::Flavor;
use steadfast_model::ids::FlavorId;
use steadfast_operations::Refused;
use steadfast_operations::seam::{Halt, Seen, View, get};

/// The flavor with this id, if this caller may see it.
///
/// # Errors
/// Not found; the text may be no id at all.
pub fn find(view: &mut View<'_>, id: &str, private_too: bool) -> Result<Seen<Flavor>, Halt> {
    let missing = || Refused::not_found("Flavor", crate::http::refusal::quote(id));
    let parsed: FlavorId = id.parse().map_err(|_| missing())?;
    let found = view.read(get::<Flavor>(&parsed))?.filter(|flavor| flavor.is_public || private_too);
    Ok(found.ok_or_else(missing)?)
}
