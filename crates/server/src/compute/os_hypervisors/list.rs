//! `GET /os-hypervisors` and `GET /os-hypervisors/detail`: by host, in pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};
use steadfast_model::host::Host;
use steadfast_operations::Control;

use super::read::{Hypervisor, read};
use super::view;
use crate::compute::number::number;
use crate::compute::os_services::find::all;
use crate::http::microversion::Microversion;
use crate::http::page::{limit, next, no_such_marker};
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute::{HYPERVISOR_PAGES, STRICT, UUIDS};
use crate::site::Site;

/// What a request for a list comes to.
struct Asked {
    limit: usize,
    marker: Option<String>,
    pattern: Option<String>,
    with_servers: bool,
}

impl Asked {
    fn parse(mut query: Query, version: Microversion) -> Result<Asked, Refusal> {
        let paged = version >= HYPERVISOR_PAGES;
        let explicit = paged && query.has("limit");
        let limit = if paged { limit(&mut query)? } else { usize::MAX };
        let marker = if paged { query.text("marker") } else { None };
        let (mut pattern, mut with_servers) = (None, false);
        if version >= UUIDS {
            pattern = query.text("hypervisor_hostname_pattern");
            with_servers = query.flag("with_servers")?.unwrap_or(false);
        }
        if pattern.is_some() && (explicit || marker.is_some()) {
            return Err(Refusal::bad_request(
                "the query is refused at `hypervisor_hostname_pattern`: it does not go with limit or marker",
            ));
        }
        if version >= STRICT {
            query.finish()?;
        }
        Ok(Asked { limit, marker, pattern, with_servers })
    }

    /// The hosts of the page.
    fn page(&self, mut hosts: Vec<Arc<Host>>, version: Microversion) -> Result<Vec<Arc<Host>>, Refusal> {
        if let Some(pattern) = &self.pattern {
            hosts.retain(|host| host.id.as_str().contains(pattern.as_str()));
            if hosts.is_empty() {
                let pattern = quote(pattern);
                return Err(Refusal::not_found(format!(
                    "No hypervisor matching '{pattern}' could be found."
                )));
            }
        }
        if let Some(marker) = &self.marker {
            let at = hosts.iter().position(|host| called(version, host) == *marker);
            hosts.drain(..=at.ok_or_else(|| no_such_marker(quote(marker)))?);
        }
        hosts.truncate(self.limit);
        Ok(hosts)
    }
}

pub async fn names<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    list(&site, &uri, version, query, |version, now, with_servers, hypervisor| {
        let mut shown = view::name(version, now, &hypervisor.host);
        view::servers(version, with_servers, hypervisor, &mut shown);
        shown
    })
    .await
}

pub async fn detail<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    list(&site, &uri, version, query, view::full).await
}

async fn list<C: Control>(
    site: &Site<C>,
    uri: &Uri,
    version: Microversion,
    query: Query,
    show: fn(Microversion, steadfast_model::ids::Moment, bool, &Hypervisor) -> Value,
) -> Result<Json<Value>, Refusal> {
    let asked = Asked::parse(query, version)?;
    let (limit, with_servers) = (asked.limit, asked.with_servers);
    let page = site
        .control()
        .view("hypervisors.list", move |view| {
            let hosts = all(view)?;
            match asked.page(hosts, version) {
                Ok(hosts) => Ok(Ok(read(view, hosts)?)),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await??;
    let now = site.control().now();
    let shown: Vec<Value> =
        page.iter().map(|hypervisor| show(version, now, with_servers, hypervisor)).collect();
    let mut answer = json!({"hypervisors": shown});
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        answer["hypervisors_links"] = next(site.endpoint(), uri, &called(version, &last.host));
    }
    Ok(Json(answer))
}

/// What a version calls a hypervisor.
fn called(version: Microversion, host: &Host) -> String {
    if version >= UUIDS { host.uuid.to_string() } else { number(host.uuid).to_string() }
}
