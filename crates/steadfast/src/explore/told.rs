//! A violation, told: as text, as JSON, and as a test.

use serde_json::{Value, json};
use steadfast_explore::timeline::{Timeline, text};
use steadfast_explore::{Hint, Token, Verdict, kind_of};
use steadfast_races::catalogue::Engine;

use super::timeline::parts;

/// How many joined pairs a report tells of.
const HINTS_MAX: usize = 6;

/// A violation, told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The scenario that it is told of, what that is about, and what it ran on: often one with less in it than the one
    /// that was explored.
    pub scenario: String,
    pub about: String,
    pub on: Engine,
    pub message: String,
    pub token: Option<Token>,
    /// Why there is no token.
    pub nameless: Option<String>,
    /// Where the run does not do as usual, and whether no run with fewer such places goes wrong.
    pub switches: usize,
    pub proved: bool,
    pub timeline: Timeline,
    pub hints: Vec<Hint>,
}

impl Told {
    /// What is wrong, by the name of the invariant.
    #[must_use]
    pub fn invariant(&self) -> &str {
        kind_of(&self.message)
    }

    /// What joining neighbouring steps would do, in a sentence each.
    #[must_use]
    pub fn repairs(&self) -> Vec<String> {
        let sentence = |hint: &Hint| {
            let what = match hint.verdict {
                Verdict::Ends => "ends it",
                Verdict::Stays => "does not end it",
                Verdict::Unknown => "may end it: not every order could be tried",
            };
            format!("`{}` and `{}` as one step: {what}", hint.first, hint.second)
        };
        let mut told: Vec<String> = self.hints.iter().map(sentence).collect();
        if !self.hints.is_empty() && self.hints.iter().all(|hint| hint.verdict == Verdict::Stays) {
            told.insert(0, "joining any two neighbouring steps does not end it".to_owned());
        }
        told
    }

    /// The command that runs it again.
    #[must_use]
    pub fn again(&self) -> Option<String> {
        let on = match self.on {
            Engine::Memory => "",
            Engine::Sqlite => " --store sqlite",
        };
        self.token.as_ref().map(|token| format!("steadfast explore replay {} {token}{on}", self.scenario))
    }

    /// What went wrong where: in the scenario of this name, or already in one with less.
    #[must_use]
    pub fn place(&self, explored: &str) -> String {
        if self.scenario == explored {
            return self.about.clone();
        }
        format!("Less is enough for it: {}, {}", self.scenario, self.about)
    }

    /// The first of them, and how many more there are.
    #[must_use]
    pub fn first_repairs(&self) -> Vec<String> {
        let mut told = self.repairs();
        let more = told.len().saturating_sub(HINTS_MAX);
        // One more is said in no more room than that there is one.
        if more > 1 {
            told.truncate(HINTS_MAX);
            told.push(format!("and {more} more, which --json names"));
        }
        told
    }

    #[must_use]
    pub fn text(&self) -> String {
        let mut told = text(&self.timeline);
        if self.timeline.wrong.is_none() {
            told.push_str(&format!("wrong: {}\n", self.message));
        }
        if self.token.is_some() {
            let minimal = if self.proved { ", and no run with fewer goes wrong like this" } else { "" };
            let switches = match self.switches {
                1 => "1 switch".to_owned(),
                several => format!("{several} switches"),
            };
            told.push_str(&format!("{switches} from the usual order{minimal}\n"));
        }
        for repair in self.first_repairs() {
            told.push_str(&format!("repair: {repair}\n"));
        }
        match (self.again(), &self.nameless) {
            (Some(again), _) => {
                told.push_str(&format!("again:  {again}\n"));
                told.push_str(
                    "test:   --json and --html have one that says where the code has changed since\n",
                );
            }
            (None, Some(why)) => told.push_str(&format!("no token: {why}\n")),
            (None, None) => {}
        }
        told
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let [steps, stale, torn] = parts(&self.timeline);
        json!({
            "scenario": self.scenario,
            "store": self.on.name(),
            "message": self.message,
            "invariant": self.invariant(),
            "token": self.token.as_ref().map(ToString::to_string),
            "nameless": self.nameless,
            "switches": self.switches,
            "minimal": self.proved,
            "steps": steps,
            "stale": stale,
            "torn": torn,
            "repairs": self.repairs(),
            "test": self.test(),
        })
    }

    /// A test that runs it again, and says at which step the code has changed since.
    #[must_use]
    pub fn test(&self) -> Option<String> {
        let token = self.token.as_ref()?;
        let name: String =
            self.scenario.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let steps: String = self
            .timeline
            .moments
            .iter()
            .map(|moment| {
                let task = &self.timeline.actors[moment.actor].task;
                format!("            {:?},\n", format!("{task}: {}", moment.label))
            })
            .collect();
        let message = self.message.lines().collect::<Vec<_>>().join(" ");
        let holds = match self.on {
            Engine::Memory => "holds",
            Engine::Sqlite => "holds_beside_sqlite",
        };
        Some(format!(
            "#[test]\nfn {name}_goes_right() {{\n    // {}\n    steadfast_races::replay::{holds}(\n        {:?},\n        {:?},\n        &[\n{steps}        ],\n    );\n}}\n",
            message,
            self.scenario,
            token.to_string(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use steadfast_explore::Options;
    use steadfast_races::catalogue;
    use steadfast_races::replay;

    use super::super::violation::tell;
    use super::*;

    /// What is told of a historic race.
    fn historic(name: &str) -> Told {
        let subject = catalogue::find(name).expect("it is in the catalogue");
        let options = Options { stop_at_violation: true, ..Options::default() };
        let found = subject.staged(Engine::Memory).search(&options).expect("it ends");
        tell(subject.as_ref(), Engine::Memory, &found.violation.expect("it is found"), false)
    }

    #[test]
    fn hints_about_what_was_stale_come_first_and_what_is_left_out_is_counted() {
        let told = historic("audit_errors_new_move");
        let (all, first) = (told.repairs(), told.first_repairs());
        assert!(all.len() > HINTS_MAX + 1, "{all:?}");
        assert_eq!(first[..HINTS_MAX], all[..HINTS_MAX]);
        assert_eq!(first[HINTS_MAX..], [format!("and {} more, which --json names", all.len() - HINTS_MAX)]);
        let place = |pair: &str| all.iter().position(|hint| hint.starts_with(pair)).expect("it is tried");
        let beside = ["`audit.clean` and `unlock`", "`lock` and `audit.devices`"].map(place);
        assert_eq!(beside, [all.len() - 2, all.len() - 1], "they touch nothing that was stale: {all:?}");
        assert_eq!(told.json()["repairs"].as_array().map(Vec::len), Some(all.len()));
    }

    /// Why a generated test fails: it is read as the compiler would, and does what the test does.
    fn failure(test: &str) -> String {
        let holds: fn(&str, &str, &[&str]) = replay::holds;
        let call = test.split_once("    steadfast_races::replay::holds(").expect("it calls that").1;
        let literals: Vec<String> = call
            .lines()
            .filter_map(|line| serde_json::from_str(line.trim().trim_end_matches(',')).ok())
            .collect();
        let [scenario, token, steps @ ..] = literals.as_slice() else { panic!("{test}") };
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let ran = catch_unwind(|| holds(scenario, token, &steps));
        let why = ran.expect_err("a historic race goes wrong");
        *why.downcast::<String>().expect("it says why")
    }

    #[test]
    fn a_generated_test_shows_the_violation_and_says_where_the_code_has_changed() {
        let told = historic("rollback_after_delete");
        let test = told.test().expect("it has a token");
        assert!(
            test.starts_with("#[test]\nfn rollback_after_delete_goes_right() {\n    // ALLOC: "),
            "{test}"
        );
        assert!(test.ends_with("        ],\n    );\n}\n"), "{test}");
        assert_eq!(failure(&test), format!("rollback_after_delete: {}", told.message));
        let renamed = failure(&test.replace("delete: delete.allocation", "delete: delete.rows"));
        let place = "rollback_after_delete differs from its test at step 3";
        assert!(renamed.contains("the code has changed") && renamed.contains(place), "{renamed}");
        let longer = failure(&test.replace("        ],\n", "            \"move: moves on\",\n        ],\n"));
        assert!(longer.contains("ends earlier than its test"), "{longer}");
    }
}
