//! The variable parts of a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::refusal::Refusal;

/// The variable segments of the path: a text, or a tuple of texts.
#[derive(Debug, Clone)]
pub struct Segment<T = String>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segment<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Segment(segments)),
            Err(rejection) => Err(Refusal::bad_request(format!("the path cannot be read: {rejection}"))),
        }
    }
}
