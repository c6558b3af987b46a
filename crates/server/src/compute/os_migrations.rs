//! `GET /os-migrations`: every move, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};
use steadfast_model::ids::{MigrationId, Moment};
use steadfast_model::migration::Migration;
use steadfast_operations::Control;
use steadfast_operations::seam::{Halt, Key, Page, View, get, migrations};

use crate::http::access::Access;
use crate::http::limit::PAGE_ITEMS_MAX;
use crate::http::microversion::Microversion;
use crate::http::page::{limit, next, no_such_marker};
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::route::Route;
use crate::http::stamp::{self, micros};
use crate::http::versions::compute::{
    CHANGES_BEFORE, MIGRATION_PAGES, MIGRATION_TYPE, MIGRATION_USERS, STRICT,
};
use crate::identity::role::Role;
use crate::site::Site;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let admin = Access::Role(Role::Admin);
    vec![Route::get("/compute/v2.1/os-migrations", admin, "List moves of servers, newest first", list::<C>)]
}

/// What of a migration is compared: any of the two may be what was asked for.
type Field = fn(&Migration) -> [Option<String>; 2];

/// What a client asks for. Everything must hold.
#[derive(Debug, Clone)]
struct Filter {
    equal: Vec<(Field, String)>,
    changed_since: Option<Moment>,
    changed_before: Option<Moment>,
    /// Hidden ones are asked for, and none is.
    nothing: bool,
}

impl Filter {
    fn parse(query: &mut Query, version: Microversion) -> Result<Filter, Refusal> {
        let fields: [(&str, Field); 5] = [
            ("host", |row| {
                [Some(row.source_host.to_string()), row.dest_host.as_ref().map(ToString::to_string)]
            }),
            ("source_compute", |row| [Some(row.source_host.to_string()), None]),
            ("status", |row| [Some(row.status.name().to_owned()), None]),
            ("instance_uuid", |row| [Some(row.instance.to_string()), None]),
            ("migration_type", |row| [Some(row.kind.name().to_owned()), None]),
        ];
        let users: [(&str, Field); 2] = [
            ("user_id", |row| [Some(row.user.to_string()), None]),
            ("project_id", |row| [Some(row.project.to_string()), None]),
        ];
        let since_users = users.into_iter().filter(|_| version >= MIGRATION_USERS);
        let mut equal: Vec<(Field, String)> = Vec::new();
        for (key, field) in fields.into_iter().chain(since_users) {
            equal.extend(query.text(key).map(|wanted| (field, wanted)));
        }
        let nothing = query.flag("hidden")?.unwrap_or(false);
        let time = "a time such as 2026-01-31T12:00:00Z";
        let mut instant =
            |key, since| if version >= since { query.parsed_by(key, time, stamp::parse) } else { Ok(None) };
        let changed_since = instant("changes-since", MIGRATION_PAGES)?;
        let changed_before = instant("changes-before", CHANGES_BEFORE)?;
        Ok(Filter { equal, changed_since, changed_before, nothing })
    }

    fn takes(&self, row: &Migration) -> bool {
        !self.nothing
            && self
                .equal
                .iter()
                .all(|(field, wanted)| field(row).into_iter().flatten().any(|is| is == *wanted))
            && self.changed_since.is_none_or(|since| row.updated_at >= since)
            && self.changed_before.is_none_or(|before| row.updated_at <= before)
    }
}

async fn list<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    let paged = version >= MIGRATION_PAGES;
    let limit = if paged { limit(&mut query)? } else { PAGE_ITEMS_MAX };
    let marker = query.text("marker").filter(|_| paged);
    let after = match &marker {
        None => None,
        Some(text) => Some(text.parse::<MigrationId>().map_err(|_| no_such_marker(quote(text)))?),
    };
    let filter = Filter::parse(&mut query, version)?;
    if version >= STRICT {
        query.finish()?;
    }
    let found = site.control().view("migrations.list", move |view| read(view, &filter, after, limit)).await?;
    let Some(page) = found else { return Err(no_such_marker(quote(&marker.unwrap_or_default()))) };
    let shown: Vec<Value> = page.iter().map(|migration| show(version, migration)).collect();
    let mut answer = json!({"migrations": shown});
    if let Some(last) = page.last().filter(|_| paged && page.len() == limit) {
        answer["migrations_links"] = next(site.endpoint(), &uri, &last.id.to_string());
    }
    Ok(Json(answer))
}

/// A page after the marker; none if the marker names nothing.
fn read(
    view: &mut View<'_>,
    filter: &Filter,
    mut after: Option<MigrationId>,
    limit: usize,
) -> Result<Option<Vec<Arc<Migration>>>, Halt> {
    if let Some(marker) = after
        && view.read(get::<Migration>(&marker))?.is_none()
    {
        return Ok(None);
    }
    let mut found = Vec::new();
    while found.len() < limit {
        let rows = view.read(migrations(Page::newest(PAGE_ITEMS_MAX, after.map(Key::Migration))))?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        found.extend(rows.into_iter().map(|seen| seen.row).filter(|row| filter.takes(row)));
    }
    found.truncate(limit);
    Ok(Some(found))
}

fn show(version: Microversion, row: &Migration) -> Value {
    let mut shown = json!({
        "id": row.number(),
        "instance_uuid": row.instance,
        "status": row.status.name(),
        "source_compute": row.source_host,
        "source_node": row.source_host,
        "dest_compute": row.dest_host,
        "dest_node": row.dest_host,
        "dest_host": null,
        "old_instance_type_id": null,
        "new_instance_type_id": null,
        "created_at": micros(row.created_at),
        "updated_at": micros(row.updated_at),
    });
    if version >= MIGRATION_TYPE {
        shown["migration_type"] = json!(row.kind.name());
    }
    if version >= MIGRATION_PAGES {
        shown["uuid"] = json!(row.id);
    }
    if version >= MIGRATION_USERS {
        shown["user_id"] = json!(row.user);
        shown["project_id"] = json!(row.project);
    }
    shown
}
