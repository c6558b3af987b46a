//! `revertResize`.

use steadfast_operations::{Control, revert as operation};

use super::{Action, Ask, no_argument};
use crate::http::refusal::Refusal;
use crate::site::Site;

/// # Errors
/// See the operation.
pub async fn revert_resize<C: Control>(site: &Site<C>, ask: Ask) -> Result<(), Refusal> {
    no_argument(Action::RevertResize, &ask.argument)?;
    let Ask { instance, caller, ids, .. } = ask;
    Ok(operation(site.control(), &caller.cause(&ids), caller.scope(), instance).await?)
}
