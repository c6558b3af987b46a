//! `confirmResize`.

use steadfast_operations::{Control, confirm as operation};

use super::{Action, Ask, no_argument};
use crate::http::refusal::Refusal;
use crate::site::Site;

/// # Errors
/// See the operation.
pub async fn confirm_resize<C: Control>(site: &Site<C>, ask: Ask) -> Result<(), Refusal> {
    no_argument(Action::ConfirmResize, &ask.argument)?;
    let Ask { instance, caller, ids, .. } = ask;
    Ok(operation(site.control(), &caller.cause(&ids), caller.scope(), instance).await?)
}
