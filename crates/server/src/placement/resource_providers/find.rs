//! Finding one provider, with its tree.

use steadfast_operations::Refused;
use steadfast_operations::seam::{Halt, View};
use uuid::Uuid;

use crate::http::refusal::quote;
use crate::placement::provider::Provider;
use crate::placement::tree::{Tree, forest};

/// The provider with this uuid and the tree that it is in.
///
/// # Errors
/// Not found; the text may be no uuid.
pub fn find(view: &mut View<'_>, uuid: &str) -> Result<(Tree, Provider), Halt> {
    let missing = || Refused::NotFound(format!("No resource provider with uuid {} found", quote(uuid)));
    let parsed: Uuid = uuid.parse().map_err(|_| missing())?;
    for tree in forest(view)? {
        if let Some(provider) = tree.providers().into_iter().find(|provider| provider.uuid == parsed) {
            return Ok((tree, provider));
        }
    }
    Err(missing().into())
}
