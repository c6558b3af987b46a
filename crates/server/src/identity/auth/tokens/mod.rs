//! `/v3/auth/tokens`.

pub mod create;
pub mod show;
pub mod view;

use axum::http::Method;
use axum::http::header::HeaderName;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;

/// Where a token's text stands: in the answer to a login, and in a question about a token.
pub const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let path = "/identity/v3/auth/tokens";
    vec![
        Route::post(
            path,
            Access::Anyone,
            "Log in: a token for a password or another token",
            create::create::<C>,
        ),
        Route::get(path, Access::Token, "What a token is good for", show::show::<C>),
        Route::unbuilt(Method::DELETE, path, "Revoke a token"),
    ]
}
