//! What exploring one scenario came to.

use serde_json::{Value, json};
use steadfast_explore::Found;
use steadfast_races::catalogue::{Kind, Subject};

use super::violation::Told;

/// Counts of one exploration.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Complete runs of the search, and those given up because others cover them.
    pub schedules: u64,
    pub covered: u64,
    /// Random runs.
    pub sampled: u64,
    pub steps: u64,
    /// Whether every order was tried or covered.
    pub exhausted: bool,
    /// Whether some run did not end.
    pub circles: bool,
    pub seconds: f64,
}

impl Outcome {
    pub(super) fn searched(&mut self, found: &Found) {
        self.schedules += found.schedules;
        self.covered += found.skipped;
        self.steps += found.steps;
        self.exhausted = found.exhausted;
    }
}

/// A scenario, and what exploring it came to.
#[derive(Debug, Clone)]
pub struct Report {
    pub name: String,
    pub kind: Kind,
    pub about: String,
    pub operations: Vec<String>,
    pub faults: Vec<String>,
    pub outcome: Outcome,
    pub violation: Option<Told>,
}

impl Report {
    pub(super) fn new(subject: &dyn Subject, outcome: Outcome, violation: Option<Told>) -> Report {
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

    /// Whether going on would tell nothing more.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome.exhausted || self.violation.is_some()
    }

    /// One line, and what was found below it.
    #[must_use]
    pub fn text(&self) -> String {
        let Outcome { schedules, covered, sampled, exhausted, seconds, .. } = self.outcome;
        let extent = match (&self.violation, exhausted) {
            (Some(_), _) => "FOUND",
            (None, true) => "exhausted",
            (None, false) => "not exhausted",
        };
        let beside = if sampled > 0 { format!(", {sampled} sampled") } else { String::new() };
        let runs = schedules + covered;
        let mut text = format!("{:44} {extent:13} {runs:>9} runs{beside}  {seconds:.1} s", self.name);
        if let Some(told) = &self.violation {
            text.push_str(&format!("\n{}\n\n{}", self.about, told.text()));
        }
        text
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let Outcome { schedules, covered, sampled, steps, exhausted, seconds, .. } = self.outcome;
        json!({
            "name": self.name, "kind": self.kind.name(), "operations": self.operations, "faults": self.faults,
            "schedules": schedules, "covered": covered, "sampled": sampled, "steps": steps,
            "exhausted": exhausted, "seconds": seconds,
            "violation": self.violation.as_ref().map(Told::json),
        })
    }
}
