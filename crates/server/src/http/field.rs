//! Fields and parameters that exist at some versions only, or not here at all.

use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;

/// Refuses a field of the body that came with a later version.
///
/// # Errors
/// 400 when it is there and the version is older.
pub fn since(present: bool, place: &str, since: Microversion, version: Microversion) -> Result<(), Refusal> {
    if present && version < since {
        return Err(Refusal::bad_request(format!(
            "the body is refused at `{place}`: it exists from API version {since} on, and this request is at {version}"
        )));
    }
    Ok(())
}

/// Refuses a field of the body that an earlier version lost.
///
/// # Errors
/// 400 when it is there and the version is not older.
pub fn until(present: bool, place: &str, until: Microversion, version: Microversion) -> Result<(), Refusal> {
    if present && version >= until {
        return Err(Refusal::bad_request(format!(
            "the body is refused at `{place}`: it ended with API version {until}, and this request is at {version}"
        )));
    }
    Ok(())
}

/// A field of the compatible API that this site cannot honour. It is refused rather than forgotten.
#[must_use]
pub fn unoffered(place: &str, why: &str) -> Refusal {
    Refusal::bad_request(format!("the body is refused at `{place}`: {why}"))
}
