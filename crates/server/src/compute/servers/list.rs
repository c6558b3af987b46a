//! `GET /servers` and `GET /servers/detail`: by age, newest first unless asked otherwise, in pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};
use steadfast_model::ids::InstanceId;
use steadfast_model::instance::Instance;
use steadfast_operations::Control;
use steadfast_operations::seam::{Halt, Key, Page, View, get, instances, instances_on};

use super::filter::Filter;
use super::read::{Server, with_homes};
use super::view::Viewer;
use crate::http::limit::PAGE_ITEMS_MAX;
use crate::http::microversion::Microversion;
use crate::http::page::{Direction, limit, next, no_such_marker, sorted};
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute::STRICT;
use crate::identity::caller::Caller;
use crate::site::Site;

/// What a request for a list comes to.
struct Asked {
    filter: Filter,
    limit: usize,
    marker: Option<InstanceId>,
    newest_first: bool,
}

impl Asked {
    fn parse(mut query: Query, caller: &Caller, version: Microversion) -> Result<Asked, Refusal> {
        let limit = limit(&mut query)?;
        let marker = query.text("marker");
        let marker = marker.map(|text| text.parse().map_err(|_| no_such_marker(quote(&text)))).transpose()?;
        let filter = Filter::parse(&mut query, caller, version)?;
        let newest_first =
            sorted(&mut query, &["created_at"], Direction::Descending)? == Direction::Descending;
        if version >= STRICT {
            query.finish()?;
        }
        Ok(Asked { filter, limit, marker, newest_first })
    }
}

pub async fn names<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    caller: Caller,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    list(&site, &uri, version, &caller, query, |viewer, server| viewer.name(&server.instance)).await
}

pub async fn detail<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    caller: Caller,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    list(&site, &uri, version, &caller, query, |viewer, server| viewer.full(server)).await
}

async fn list<C: Control>(
    site: &Site<C>,
    uri: &Uri,
    version: Microversion,
    caller: &Caller,
    query: Query,
    show: fn(&Viewer<'_>, &Server) -> Value,
) -> Result<Json<Value>, Refusal> {
    let asked = Asked::parse(query, caller, version)?;
    let (limit, marker) = (asked.limit, asked.marker);
    let found = site.control().view("servers.list", move |view| read(view, &asked)).await?;
    let Some(page) = found else {
        return Err(no_such_marker(marker.map_or_else(String::new, |id| id.to_string())));
    };
    let viewer =
        Viewer { endpoint: site.endpoint(), version, admin: caller.is_admin(), now: site.control().now() };
    let shown: Vec<Value> = page.iter().map(|server| show(&viewer, server)).collect();
    let mut answer = json!({"servers": shown});
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        answer["servers_links"] = next(site.endpoint(), uri, &last.instance.id.to_string());
    }
    Ok(Json(answer))
}

/// A page after the marker; none if the marker names nothing that the caller may see.
fn read(view: &mut View<'_>, asked: &Asked) -> Result<Option<Vec<Server>>, Halt> {
    if let Some(marker) = asked.marker {
        let named = view.read(get::<Instance>(&marker))?;
        if named.is_none_or(|row| !asked.filter.scope.covers(&row.project)) {
            return Ok(None);
        }
    }
    let mut found = Vec::new();
    let mut after = asked.marker;
    while found.len() < asked.limit {
        let rows = some(view, asked, after)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        found.extend(rows.into_iter().filter(|row| asked.filter.takes(row)));
    }
    found.truncate(asked.limit);
    Ok(Some(with_homes(view, found)?))
}

/// The next instances that the filter might take, in order: none only if there are no more.
fn some(view: &mut View<'_>, asked: &Asked, after: Option<InstanceId>) -> Result<Vec<Arc<Instance>>, Halt> {
    let filter = &asked.filter;
    let in_order = |rows: &mut Vec<Arc<Instance>>| {
        rows.sort_by_key(|row| row.id);
        if asked.newest_first {
            rows.reverse();
        }
    };
    if let (Some(host), Some(false)) = (&filter.host, filter.deleted) {
        let mut rows: Vec<_> = view.read(instances_on(host))?.into_iter().map(|seen| seen.row).collect();
        rows.retain(|row| {
            after.is_none_or(|after| if asked.newest_first { row.id < after } else { row.id > after })
        });
        in_order(&mut rows);
        return Ok(rows);
    }
    let page =
        Page { after: after.map(Key::Instance), limit: PAGE_ITEMS_MAX, descending: asked.newest_first };
    let lists = filter.deleted.map_or(vec![false, true], |deleted| vec![deleted]);
    let asks: Vec<_> =
        lists.into_iter().map(|deleted| instances(filter.scope.clone(), deleted, page.clone())).collect();
    let mut rows: Vec<_> = view.read(asks)?.into_iter().flatten().map(|seen| seen.row).collect();
    // The first page of two lists together is within the first page of each.
    in_order(&mut rows);
    rows.truncate(PAGE_ITEMS_MAX);
    Ok(rows)
}
