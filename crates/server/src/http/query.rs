//! The query of a request: every parameter is taken by name and parsed, and what is left over can be refused.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::http::limit::QUERY_PAIRS_MAX;
use crate::http::refusal::{Refusal, quote};

/// The parameters not taken yet.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
                .map_err(|error| Refusal::bad_request(format!("the query cannot be read: {error}")))?;
        if pairs.len() > QUERY_PAIRS_MAX {
            return Err(Refusal::bad_request(format!(
                "the query has {} parameters: at most {QUERY_PAIRS_MAX} are taken",
                pairs.len()
            )));
        }
        Ok(Query { pairs })
    }
}

impl Query {
    /// Whether a parameter is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(name, _)| name == key)
    }

    /// Takes every value of a parameter, in order.
    pub fn every(&mut self, key: &str) -> Vec<String> {
        let mut taken = Vec::new();
        self.pairs.retain_mut(|(name, value)| {
            let ours = name == key;
            if ours {
                taken.push(std::mem::take(value));
            }
            !ours
        });
        taken
    }

    /// Takes a parameter; the last one counts.
    pub fn text(&mut self, key: &str) -> Option<String> {
        self.every(key).pop()
    }

    /// Takes a parameter and parses it.
    ///
    /// # Errors
    /// 400 when it is not `what`.
    pub fn parsed<T: FromStr>(&mut self, key: &str, what: &str) -> Result<Option<T>, Refusal> {
        self.parsed_by(key, what, |text| text.parse().ok())
    }

    /// Takes a parameter and parses it with a function.
    ///
    /// # Errors
    /// 400 when it is not `what`.
    pub fn parsed_by<T>(
        &mut self,
        key: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let parsed = parse(&text).ok_or_else(|| {
            Refusal::bad_request(format!("the query is refused at `{key}`: `{}` is not {what}", quote(&text)))
                .with("code", "placement.query.bad_value")
        })?;
        Ok(Some(parsed))
    }

    /// Takes a truth value, in any of the spellings that OpenStack's clients send.
    ///
    /// # Errors
    /// 400 when it is none of them.
    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, Refusal> {
        self.parsed_by(key, "true or false", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "y" | "on" => Some(true),
            "false" | "f" | "0" | "no" | "n" | "off" => Some(false),
            _ => None,
        })
    }

    /// Takes a parameter, whatever it says: it changes nothing here.
    pub fn ignore(&mut self, keys: &[&str]) {
        self.pairs.retain(|(name, _)| !keys.contains(&name.as_str()));
    }

    /// What is left, as pairs.
    pub fn rest(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// Refuses what is left.
    ///
    /// # Errors
    /// 400 when a parameter was not taken.
    pub fn finish(self) -> Result<(), Refusal> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name = quote(name);
                Err(Refusal::bad_request(format!(
                    "the query is refused at `{name}`: there is no such parameter here"
                ))
                .with("code", "placement.query.bad_value"))
            }
        }
    }
}
