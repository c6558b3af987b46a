//! What exploring one scenario came to.

use serde_json::{Value, json};
use steadfast_races::campaign::Explored;
use steadfast_races::catalogue::{Kind, Subject};

use super::count::things;
use super::violation::Told;

/// How wide the first number of a line is, so that numbers stand below each other.
const COUNT_WIDTH: usize = 9;

/// A scenario, and what exploring it came to.
#[derive(Debug, Clone)]
pub struct Report {
    pub name: String,
    pub kind: Kind,
    pub about: String,
    pub operations: Vec<String>,
    pub faults: Vec<String>,
    pub outcome: Explored,
    pub violation: Option<Told>,
}

impl Report {
    pub(super) fn new(subject: &dyn Subject, outcome: Explored, violation: Option<Told>) -> Report {
        Report {
            name: subject.name(),
            kind: subject.kind(),
            about: subject.about(),
            operations: subject.operations(),
            faults: subject.faults(),
            outcome,
            violation,
        }
    }

    /// One line, and what was found below it.
    #[must_use]
    pub fn text(&self) -> String {
        let Explored { schedules, covered, states, sampled, exhausted, .. } = self.outcome;
        let extent = match (&self.violation, exhausted) {
            (Some(_), _) => "FOUND",
            (None, true) => "exhausted",
            (None, false) => "not exhausted",
        };
        // Where states are told apart, runs only learn from them.
        let runs = if states == 0 { schedules + covered } else { 0 };
        let tried: Vec<String> = [(states, "state", ""), (runs, "run", ""), (sampled, "run", " at random")]
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .enumerate()
            .map(|(place, (count, thing, how))| {
                let width = if place == 0 { COUNT_WIDTH } else { 0 };
                format!("{count:>width$} {}{how}", things(count, thing))
            })
            .collect();
        let tried = if tried.is_empty() { "nothing tried".to_owned() } else { tried.join(", ") };
        let mut text = format!("{:44} {extent:13} {tried}", self.name);
        if let Some(told) = &self.violation {
            text.push_str(&format!("\n{}\n\n{}", self.about, told.text()));
        }
        text
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let Explored { schedules, covered, states, transitions, sampled, steps, exhausted, .. } =
            self.outcome;
        json!({
            "name": self.name, "kind": self.kind.name(), "operations": self.operations, "faults": self.faults,
            "schedules": schedules, "covered": covered, "states": states, "transitions": transitions,
            "sampled": sampled, "steps": steps, "exhausted": exhausted,
            "violation": self.violation.as_ref().map(Told::json),
        })
    }
}
