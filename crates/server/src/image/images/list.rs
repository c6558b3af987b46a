//! `GET /v2/images`: by id, in pages.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use steadfast_operations::Control;
use uuid::Uuid;

use super::view::view;
use crate::http::limit::PAGE_ITEMS_MAX;
use crate::http::query::Query;
use crate::http::refusal::Refusal;
use crate::image::folder::Image;
use crate::site::Site;

/// How many images a page has unless the client says: what Glance takes.
const PAGE_ITEMS: usize = 25;

/// What a client asks for. Glance compares whatever it does not know with the image's own properties.
struct Filter {
    ids: Option<BTreeSet<String>>,
    members: Vec<(String, String)>,
}

pub async fn list<C: Control>(State(site): State<Site<C>>, mut query: Query) -> Result<Json<Value>, Refusal> {
    let limit = query.parsed::<usize>("limit", "a whole number")?.unwrap_or(PAGE_ITEMS).min(PAGE_ITEMS_MAX);
    let marker = query.parsed::<Uuid>("marker", "the id of an image")?;
    query.ignore(&["sort", "sort_key", "sort_dir", "member_status"]);
    let ids = query
        .text("id")
        .map(|ids| ids.strip_prefix("in:").unwrap_or(&ids).split(',').map(str::to_owned).collect());
    let filter = Filter { ids, members: query.rest() };
    let images = site.settings().images.iter().filter(|image| marker.is_none_or(|marker| image.id > marker));
    let mut wanted = images.filter(|image| filter.takes(image)).peekable();
    let page: Vec<Value> = wanted.by_ref().take(limit).map(view).collect();
    let mut answer = json!({"first": "/v2/images", "schema": "/v2/schemas/images"});
    if let (Some(last), Some(_)) = (page.last(), wanted.peek()) {
        let last = last["id"].as_str().unwrap_or_default();
        answer["next"] = json!(format!("/v2/images?marker={last}&limit={limit}"));
    }
    answer["images"] = Value::Array(page);
    Ok(Json(answer))
}

impl Filter {
    fn takes(&self, image: &Image) -> bool {
        let shown = view(image);
        let equal = |(key, wanted): &(String, String)| match shown.get(key) {
            Some(Value::String(text)) => text == wanted,
            Some(other) => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *other),
            None => false,
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&image.id.to_string()))
            && self.members.iter().all(equal)
    }
}
