//! Pages of lists: `limit` and `marker` in, a link to the next page out.

use axum::http::Uri;
use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::http::limit::PAGE_ITEMS_MAX;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};

/// Takes `limit`. None, 0 and too many all mean as many as a page may have, as in Nova.
///
/// # Errors
/// 400 when it is not a whole number.
pub fn limit(query: &mut Query) -> Result<usize, Refusal> {
    let asked = query.parsed::<usize>("limit", "a whole number that is not negative")?;
    Ok(asked.filter(|limit| *limit > 0).map_or(PAGE_ITEMS_MAX, |limit| limit.min(PAGE_ITEMS_MAX)))
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Takes `sort_key` and `sort_dir`: which of the ways that a list can be sorted, and in which direction. Lists that
/// are stored in one order are sorted by that or not at all.
///
/// # Errors
/// 400 for a key that the list cannot be sorted by, or for what is no direction.
pub fn sorted(query: &mut Query, keys: &[&str], unasked: Direction) -> Result<Direction, Refusal> {
    if let Some(other) = query.every("sort_key").into_iter().find(|key| !keys.contains(&key.as_str())) {
        let (other, keys) = (quote(&other), keys.join(" or "));
        let sentence =
            format!("the query is refused at `sort_key`: this list is sorted by {keys}, not by {other}");
        return Err(Refusal::bad_request(sentence));
    }
    let asked = query.parsed_by("sort_dir", "asc or desc", |text| match text {
        "asc" => Some(Direction::Ascending),
        "desc" => Some(Direction::Descending),
        _ => None,
    })?;
    Ok(asked.unwrap_or(unasked))
}

/// A marker that names nothing in the list.
#[must_use]
pub fn no_such_marker(marker: impl std::fmt::Display) -> Refusal {
    Refusal::bad_request(format!("marker {marker} could not be found: name the last item of the page before"))
}

/// The links of a full page: to the next one, which begins after `last`.
#[must_use]
pub fn next(endpoint: &Endpoint, asked: &Uri, last: &str) -> Value {
    let kept = asked.query().unwrap_or_default().split('&');
    let kept = kept.filter(|pair| !pair.is_empty() && !pair.starts_with("marker="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("marker={last}")]).collect();
    let href = format!("{endpoint}{}?{}", asked.path(), query.join("&"));
    json!([{"rel": "next", "href": href}])
}
