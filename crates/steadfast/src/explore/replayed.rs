//! A run that was made again by its token: as text, as JSON, and as a page.

use serde_json::{Value, json};
use steadfast_explore::timeline::{Timeline, escaped, svg, text};
use steadfast_explore::{Token, kind_of};
use steadfast_races::catalogue::Engine;

use super::page::document;
use super::timeline::parts;

/// A run, made again.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub scenario: String,
    pub about: String,
    pub on: Engine,
    pub token: Token,
    pub timeline: Timeline,
}

impl Replayed {
    /// What is wrong with it, if anything.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.timeline.wrong.as_ref().map(|wrong| wrong.message.as_str())
    }

    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n\n{}", self.about, text(&self.timeline))
    }

    /// The same members as a violation that `explore` found, as far as a run by itself tells of them.
    #[must_use]
    pub fn json(&self) -> Value {
        let [steps, stale, torn] = parts(&self.timeline);
        json!({
            "scenario": self.scenario, "store": self.on.name(), "token": self.token.to_string(),
            "message": self.message(), "invariant": self.message().map(kind_of),
            "steps": steps, "stale": stale, "torn": torn,
        })
    }

    #[must_use]
    pub fn svg(&self) -> String {
        svg(&self.timeline, &self.about)
    }

    #[must_use]
    pub fn page(&self) -> String {
        let message = self.message().unwrap_or("The run goes right.");
        let body = format!(
            "<p>{}. <strong>{}</strong></p>\n<figure>{}</figure>\n<p>Token: <code>{}</code></p>\n",
            escaped(&self.about),
            escaped(message),
            self.svg(),
            self.token,
        );
        document(&self.scenario, &body)
    }
}
