//! `GET` and `HEAD /v3/auth/tokens`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use steadfast_operations::Control;

use super::SUBJECT_TOKEN;
use super::view::view;
use crate::http::query::Query;
use crate::http::refusal::Refusal;
use crate::identity::caller::Session;
use crate::site::Site;

/// Operators may ask about any token, others about their own user's.
pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    session: Session,
    headers: HeaderMap,
    mut query: Query,
) -> Result<impl IntoResponse, Refusal> {
    let with_catalog = query.text("nocatalog").is_none();
    query.ignore(&["allow_expired"]);
    query.finish()?;
    let text = headers.get(SUBJECT_TOKEN).and_then(|value| value.to_str().ok());
    let text = text.ok_or_else(|| Refusal::bad_request("send the token in question as X-Subject-Token"))?;
    let subject = Session::open(&site, text).map_err(|_| {
        Refusal::not_found("the token in X-Subject-Token is not valid, or not valid any more")
    })?;
    if subject.user.id != session.user.id && !session.is_admin() {
        return Err(Refusal::forbidden("only an admin may ask about the tokens of others"));
    }
    let header = [(SUBJECT_TOKEN, text.to_owned())];
    Ok((header, Json(view(&site, &subject, with_catalog))))
}
