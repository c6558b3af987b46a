//! `GET /metrics`.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::refusal::Refusal;
use crate::http::route::Route;
use crate::metrics::fleet;
use crate::site::Site;

/// What Prometheus calls this form of text.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub fn routes<C: Control>() -> Vec<Route<C>> {
    vec![Route::get("/metrics", Access::Anyone, "Metrics for Prometheus", scrape::<C>)]
}

async fn scrape<C: Control>(State(site): State<Site<C>>) -> Result<impl IntoResponse, Refusal> {
    let fleet = site.control().fleet("metrics").await?;
    Ok(([(CONTENT_TYPE, OPENMETRICS)], site.metrics().text(&fleet::gauges(&fleet))))
}
