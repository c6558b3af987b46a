//! What surrounds every request: its ids, its version, the spelling of refusals, one log line, the metrics.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{HeaderName, HeaderValue, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use steadfast_model::ids::ProjectId;
use steadfast_operations::Control;

use crate::http::microversion::{Microversion, VERSION_HEADER};
use crate::http::refusal::{Refusal, spelled};
use crate::http::request_id::{COMPUTE_REQUEST_ID, REQUEST_ID, RequestIds};
use crate::http::service::Service;
use crate::identity::caller::Actor;
use crate::site::Site;

/// Passes a request on and dresses the answer.
pub async fn observe<C: Control>(State(site): State<Site<C>>, mut request: Request, next: Next) -> Response {
    let began = site.control().now();
    let service = Service::of(request.uri().path());
    let ids = RequestIds::new(site.control().id(), request.headers());
    let seen = Seen::of(&request, service, ids.clone());
    let version = service.versions().map(|versions| versions.negotiate(request.headers())).transpose();
    request.extensions_mut().insert(ids);
    let (version, answer) = match version {
        Ok(version) => {
            if let Some(version) = version {
                request.extensions_mut().insert(version);
            }
            (version, next.run(request).await)
        }
        Err(refusal) => (None, refusal.into_response()),
    };
    let mut answer = spell(answer, &seen, version);
    dress(answer.headers_mut(), &seen, version);
    let took = site.control().now().0.saturating_sub(began.0);
    site.metrics().request(service, seen.method.as_str(), &seen.route, answer.status(), took);
    seen.log(&answer, took);
    answer
}

/// What must be remembered of a request after it was handed on.
struct Seen {
    service: Service,
    ids: RequestIds,
    method: axum::http::Method,
    path: String,
    /// The path as the route table has it: few enough to label metrics with.
    route: String,
}

impl Seen {
    fn of(request: &Request, service: Service, ids: RequestIds) -> Seen {
        let matched = request.extensions().get::<MatchedPath>();
        Seen {
            service,
            ids,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            route: matched.map_or("none", MatchedPath::as_str).to_owned(),
        }
    }

    /// One line for each request. The query is left out: the path says what was asked, and no secret stands in it.
    fn log(&self, answer: &Response, took_us: i64) {
        let status = answer.status().as_u16();
        let refused = answer.extensions().get::<Refusal>().map(|refusal| refusal.sentence.as_str());
        let actor = answer.extensions().get::<Actor>();
        let user = actor.map(|actor| actor.user.as_str());
        let project = actor.and_then(|actor| actor.project.as_ref()).map(ProjectId::as_str);
        let global = self.ids.global.as_ref().map(ToString::to_string);
        tracing::info!(
            service = self.service.name(),
            method = self.method.as_str(),
            path = self.path,
            status,
            duration_us = took_us,
            request_id = %self.ids.local,
            global_request_id = global,
            user,
            project,
            refused,
            "request"
        );
    }
}

/// Gives a refusal its body. Placement tells error codes only to those who ask for a version that has them.
fn spell(answer: Response, seen: &Seen, version: Option<Microversion>) -> Response {
    use crate::http::versions::placement::ERROR_CODES;
    let Some(mut refusal) = answer.extensions().get::<Refusal>().cloned() else { return answer };
    if seen.service == Service::Placement && version.is_some_and(|version| version >= ERROR_CODES) {
        refusal = refusal.with_default("code", "placement.undefined_code");
    } else {
        refusal = refusal.without("code");
    }
    let mut full = spelled(&refusal, seen.service, seen.ids.local.as_str());
    for (name, value) in answer.headers() {
        if !full.headers().contains_key(name) {
            full.headers_mut().insert(name, value.clone());
        }
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        full.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Keystone uri=\"/identity\""));
    }
    full.extensions_mut().extend(answer.extensions().clone());
    full.extensions_mut().insert(refusal);
    full
}

/// Puts the ids and the version on an answer.
fn dress(headers: &mut HeaderMap, seen: &Seen, version: Option<Microversion>) {
    let id = header_value(seen.ids.local.as_str());
    headers.insert(REQUEST_ID, id.clone());
    if seen.service == Service::Compute {
        headers.insert(COMPUTE_REQUEST_ID, id);
    }
    let Some(versions) = seen.service.versions() else { return };
    headers.insert(VARY, header_value(&vary(versions.legacy.as_ref())));
    let Some(version) = version else { return };
    headers.insert(VERSION_HEADER, header_value(&format!("{} {version}", versions.service_type)));
    if let Some(legacy) = versions.legacy.clone() {
        headers.insert(legacy, header_value(&version.to_string()));
    }
}

fn vary(legacy: Option<&HeaderName>) -> String {
    match legacy {
        Some(_) => "OpenStack-API-Version, X-OpenStack-Nova-API-Version".to_owned(),
        None => "OpenStack-API-Version".to_owned(),
    }
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids and versions are plain ASCII words")
}
