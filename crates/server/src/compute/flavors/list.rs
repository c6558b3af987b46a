//! `GET /flavors` and `GET /flavors/detail`: by id, in pages.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};
use steadfast_model::flavor::Flavor;
use steadfast_model::ids::FlavorId;
use steadfast_operations::Control;
use steadfast_operations::seam::{Halt, Key, Page, View, flavors, get};

use super::view;
use crate::endpoint::Endpoint;
use crate::http::limit::PAGE_ITEMS_MAX;
use crate::http::microversion::Microversion;
use crate::http::page::{Direction, limit, next, no_such_marker, sorted};
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute::STRICT;
use crate::identity::caller::Caller;
use crate::site::Site;

type Show = fn(&Endpoint, Microversion, &Flavor) -> Value;

pub async fn names<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    caller: Caller,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    list(&site, &uri, version, &caller, query, view::name).await
}

pub async fn detail<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    caller: Caller,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    list(&site, &uri, version, &caller, query, view::full).await
}

async fn list<C: Control>(
    site: &Site<C>,
    uri: &Uri,
    version: Microversion,
    caller: &Caller,
    mut query: Query,
    show: Show,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&mut query)?;
    let marker = query.text("marker");
    let filter = Filter::parse(&mut query, caller)?;
    let descending = sorted(&mut query, &["flavorid"], Direction::Ascending)? == Direction::Descending;
    if version >= STRICT {
        query.finish()?;
    }
    let after = match &marker {
        None => None,
        Some(marker) => Some(marker.parse::<FlavorId>().map_err(|_| no_such_marker(quote(marker)))?),
    };
    let found = site
        .control()
        .view("flavors.list", move |view| read(view, &filter, after.clone(), limit, descending))
        .await?;
    let Some(page) = found else { return Err(no_such_marker(quote(&marker.unwrap_or_default()))) };
    let shown: Vec<Value> = page.iter().map(|flavor| show(site.endpoint(), version, flavor)).collect();
    let mut answer = json!({"flavors": shown});
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        answer["flavors_links"] = next(site.endpoint(), uri, last.id.as_str());
    }
    Ok(Json(answer))
}

/// A page after the marker; none if the marker names nothing.
fn read(
    view: &mut View<'_>,
    filter: &Filter,
    after: Option<FlavorId>,
    limit: usize,
    descending: bool,
) -> Result<Option<Vec<Flavor>>, Halt> {
    if let Some(marker) = &after
        && view.read(get::<Flavor>(marker))?.is_none()
    {
        return Ok(None);
    }
    let mut after = after.map(Key::Flavor);
    let mut found = Vec::new();
    loop {
        let rows = view.read(flavors(Page { after, limit: PAGE_ITEMS_MAX, descending }))?;
        let more = rows.len() == PAGE_ITEMS_MAX;
        after = rows.last().map(|row| Key::Flavor(row.id.clone()));
        found.extend(rows.iter().filter(|row| filter.takes(row)).map(|row| row.row.as_ref().clone()));
        if found.len() >= limit || !more {
            found.truncate(limit);
            return Ok(Some(found));
        }
    }
}

struct Filter {
    /// None: public and private ones.
    is_public: Option<bool>,
    min_ram_mb: u64,
    min_disk_gb: u64,
}

impl Filter {
    /// Private flavors are shown to operators who ask for them.
    fn parse(query: &mut Query, caller: &Caller) -> Result<Filter, Refusal> {
        let asked = query.parsed_by("is_public", "true, false or none", |text| {
            match text.to_ascii_lowercase().as_str() {
                "none" => Some(None),
                "true" | "1" | "yes" | "t" => Some(Some(true)),
                "false" | "0" | "no" | "f" => Some(Some(false)),
                _ => None,
            }
        })?;
        let is_public = if caller.is_admin() { asked.unwrap_or(Some(true)) } else { Some(true) };
        let min_ram_mb = query.parsed("minRam", "a whole number")?.unwrap_or(0);
        let min_disk_gb = query.parsed("minDisk", "a whole number")?.unwrap_or(0);
        Ok(Filter { is_public, min_ram_mb, min_disk_gb })
    }

    fn takes(&self, flavor: &Flavor) -> bool {
        self.is_public.is_none_or(|public| public == flavor.is_public)
            && flavor.memory_mb >= self.min_ram_mb
            && flavor.root_gb >= self.min_disk_gb
    }
}
