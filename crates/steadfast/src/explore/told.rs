//! A violation, told: as text, as JSON, and as a test.

use serde_json::{Value, json};
use steadfast_explore::timeline::{Moment, Reaction, Sight, Stale, Tear, Timeline, Torn, text};
use steadfast_explore::{Hint, Token, Verdict, kind_of};
use steadfast_races::catalogue::Engine;

/// How many joined pairs a report tells of.
pub(super) const HINTS_MAX: usize = 6;

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
        let timeline = &self.timeline;
        let step = |moment: &Moment| {
            let actor = &timeline.actors[moment.actor];
            json!({
                "node": actor.node, "task": actor.task, "step": moment.label, "fault": moment.fault,
                "reads": moment.reads, "writes": moment.writes,
            })
        };
        let stale: Vec<Value> = timeline.stale.iter().map(stale).collect();
        json!({
            "scenario": self.scenario,
            "store": self.on.name(),
            "message": self.message,
            "invariant": self.invariant(),
            "token": self.token.as_ref().map(ToString::to_string),
            "nameless": self.nameless,
            "switches": self.switches,
            "minimal": self.proved,
            "steps": timeline.moments.iter().map(step).collect::<Vec<_>>(),
            "stale": stale,
            "torn": timeline.torn.as_ref().map(torn),
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

fn stale(stale: &Stale) -> Value {
    let reaction = match stale.reaction {
        Reaction::Acted => "acted",
        Reaction::LookedAgain => "looked again",
    };
    json!({
        "object": stale.object, "read": stale.read + 1, "written": stale.written + 1, "acted": stale.acted + 1,
        "reaction": reaction,
    })
}

fn torn(torn: &Torn) -> Value {
    let tear = match torn.tear {
        Tear::Mixed => "mixed",
        Tear::HalfDone => "half done",
    };
    let sight = |Sight { read, written, object }: &Sight| json!({"object": object, "read": read + 1, "written": written + 1});
    json!({
        "tear": tear, "before": sight(&torn.before), "after": sight(&torn.after), "acted": torn.acted + 1,
    })
}
