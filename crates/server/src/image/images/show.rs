//! `GET /v2/images/{image_id}`.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use steadfast_operations::Control;
use uuid::Uuid;

use super::view::view;
use crate::http::refusal::{Refusal, quote};
use crate::http::segment::Segment;
use crate::site::Site;

pub async fn show<C: Control>(
    State(site): State<Site<C>>,
    Segment(id): Segment,
) -> Result<Json<Value>, Refusal> {
    let image = id.parse::<Uuid>().ok().and_then(|id| site.settings().images.get(id));
    let image = image.ok_or_else(|| Refusal::not_found(format!("no image found with ID {}", quote(&id))))?;
    Ok(Json(view(image)))
}
