//! What operators watch: `/metrics`, in Prometheus's text form, from a registry of our own.

pub mod fleet;
pub mod scrape;

use std::fmt;

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::http::service::Service;

/// Upper bounds of the answer times that are told apart, in seconds. The longest is beyond an agent's long poll.
const DURATION_BUCKETS_S: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    service: &'static str,
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabel {
    service: &'static str,
}

/// The registry, and the metrics of HTTP itself.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<ServiceLabel, Histogram, fn() -> Histogram>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Adds HTTP's metrics to those that other parts of the program put into the registry.
    #[must_use]
    pub fn new(mut registry: Registry) -> Metrics {
        let requests = Family::default();
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS_S));
        let info = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("steadfast_build", "The release that runs", info);
        registry.register("steadfast_http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "steadfast_http_request_duration",
            "Time from a request's arrival to its answer",
            Unit::Seconds,
            durations.clone(),
        );
        Metrics { registry, requests, durations }
    }

    /// Counts one answer that took `took_us` microseconds.
    pub fn request(&self, service: Service, method: &str, route: &str, status: StatusCode, took_us: i64) {
        // A method is a client's word; only the usual ones may become labels.
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method);
        let labels = RequestLabels {
            service: service.name(),
            method: if known { method } else { "other" }.to_owned(),
            route: route.to_owned(),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        let took_s = std::time::Duration::from_micros(took_us.max(0).unsigned_abs()).as_secs_f64();
        self.durations.get_or_create(&ServiceLabel { service: service.name() }).observe(took_s);
    }

    /// Everything as text, with what was counted for this scrape only.
    #[must_use]
    pub fn text(&self, scraped: &Registry) -> String {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, scraped))
            .and_then(|()| encode_eof(&mut text))
            .expect("writing to a string does not fail");
        text
    }
}
