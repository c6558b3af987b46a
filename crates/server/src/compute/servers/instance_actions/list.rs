//! `GET /servers/{server_id}/os-instance-actions`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};
use steadfast_model::action::Action;
use steadfast_operations::Control;
use steadfast_operations::seam::actions_of;

use super::view::line;
use crate::compute::servers::read::one;
use crate::http::microversion::Microversion;
use crate::http::page::{limit, next, no_such_marker};
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::segment::Segment;
use crate::http::stamp;
use crate::http::versions::compute::{ACTION_PAGES, ACTIONS_OF_DELETED, CHANGES_BEFORE, STRICT};
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn list<C: Control>(
    State(site): State<Site<C>>,
    uri: Uri,
    version: Microversion,
    caller: Caller,
    Segment(id): Segment,
    mut query: Query,
) -> Result<Json<Value>, Refusal> {
    let instant =
        |query: &mut Query, key| query.parsed_by(key, "a time such as 2026-01-31T12:00:00Z", stamp::parse);
    let paged = version >= ACTION_PAGES;
    let limit = if paged { limit(&mut query)? } else { usize::MAX };
    let marker = query.text("marker").filter(|_| paged);
    let since = if paged { instant(&mut query, "changes-since")? } else { None };
    let before = if version >= CHANGES_BEFORE { instant(&mut query, "changes-before")? } else { None };
    if version >= STRICT {
        query.finish()?;
    }
    let (scope, deleted_too) = (caller.scope(), version >= ACTIONS_OF_DELETED);
    let mut actions: Vec<Arc<Action>> = site
        .control()
        .view("actions.list", move |view| {
            let instance = one(view, &scope, &id, deleted_too)?;
            Ok(view.read(actions_of(instance.id))?.into_iter().map(|seen| seen.row).collect())
        })
        .await?;
    actions.reverse();
    let changed_at = |action: &Action| action.ended.as_ref().map_or(action.started_at, |(at, _)| *at);
    actions.retain(|action| since.is_none_or(|since| changed_at(action) >= since));
    actions.retain(|action| before.is_none_or(|before| changed_at(action) <= before));
    if let Some(marker) = marker {
        let at = actions.iter().position(|action| action.request.as_str() == marker);
        actions.drain(..=at.ok_or_else(|| no_such_marker(quote(&marker)))?);
    }
    actions.truncate(limit);
    let shown: Vec<Value> = actions.iter().map(|action| line(version, action)).collect();
    let mut answer = json!({"instanceActions": shown});
    if let Some(last) = actions.last().filter(|_| actions.len() == limit) {
        answer["links"] = next(site.endpoint(), &uri, last.request.as_str());
    }
    Ok(Json(answer))
}
