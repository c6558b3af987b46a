//! What exploring one scenario came to.

use serde_json::{Value, json};
use steadfast_races::campaign::Explored;
use steadfast_races::catalogue::{Kind, Subject};

use super::count::{counted, rough, things};
use super::told::Told;

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
        let extent = match (&self.violation, self.outcome.exhausted) {
            (Some(_), _) => "FOUND",
            (None, true) => "exhausted",
            (None, false) => "not exhausted",
        };
        let mut text = format!("{:44} {extent:13} {}", self.name, self.tried());
        if let Some(told) = &self.violation {
            text.push_str(&format!("\n{}\n\n{}", told.place(&self.name), told.text()));
        }
        text
    }

    /// How much was tried, and what is left.
    fn tried(&self) -> String {
        let Explored { schedules, covered, states, orders, sampled, full, left, ref ends, .. } = self.outcome;
        // Where states are told apart, runs only learn from them.
        let runs = if states == 0 { schedules + covered } else { 0 };
        let counts = [(states, "state"), (runs, "run"), (sampled, "random run")];
        let mut tried = Vec::new();
        for (count, thing) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let width = if tried.is_empty() { COUNT_WIDTH } else { 0 };
            tried.push(format!("{count:>width$} {}", things(count, thing)));
        }
        if tried.is_empty() {
            tried.push("nothing tried".to_owned());
        }
        if orders > 0 {
            tried.insert(1, rough(orders, "order"));
        }
        if ends.count() > 0 {
            let ended = counted(ends.count() as u64, "end");
            tried.push(format!("to {ended}, {} of them once", ends.once()));
        }
        if left > 0 && self.violation.is_none() {
            let more = if full { ", more than a search holds" } else { "" };
            tried.push(format!("{left} known to be left{more}"));
        }
        tried.join(", ")
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let Explored {
            schedules,
            covered,
            states,
            transitions,
            orders,
            sampled,
            steps,
            exhausted,
            full,
            left,
            ref ends,
            ..
        } = self.outcome;
        json!({
            "name": self.name, "kind": self.kind.name(), "operations": self.operations, "faults": self.faults,
            "schedules": schedules, "covered": covered, "states": states, "transitions": transitions,
            "orders": (orders > 0).then_some(orders as f64),
            "sampled": sampled, "steps": steps, "exhausted": exhausted, "left": left, "full": full,
            "ends": ends.count(), "ends_once": ends.once(),
            "violation": self.violation.as_ref().map(Told::json),
        })
    }
}
