//! What exploring one scenario came to.

use serde_json::{Value, json};
use steadfast_races::campaign::Explored;
use steadfast_races::catalogue::{Kind, Subject};

use super::violation::Told;

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
        let tried = match states {
            0 => format!("{:>9} runs", schedules + covered),
            states => format!("{states:>9} states"),
        };
        let beside = if sampled > 0 { format!(", {sampled} runs sampled") } else { String::new() };
        let mut text = format!("{:44} {extent:13} {tried}{beside}", self.name);
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
