//! What a person needs of a violation: small, named, told, and what would mend it.

use serde_json::{Value, json};
use steadfast_explore::timeline::{Timeline, text};
use steadfast_explore::{Hint, Limits, Options, Sample, Token, Verdict, Violation, kind_of};
use steadfast_races::catalogue::{Engine, Subject};

/// How many runs a violation may take to be made small. More proves more of them minimal.
pub(super) const MINIMISE_RUNS_MAX: u64 = 60_000;

/// How many schedules are tried for each pair of steps that are joined.
const REPAIR_SCHEDULES_MAX: u64 = 20_000;

/// How many joined pairs are told of.
const HINTS_MAX: usize = 6;

/// A violation, told.
#[derive(Debug, Clone)]
pub struct Told {
    pub scenario: String,
    pub message: String,
    pub token: Option<Token>,
    /// Where the run does not do as usual, and whether no run with fewer such places goes wrong.
    pub switches: usize,
    pub proved: bool,
    pub timeline: Timeline,
    pub hints: Vec<Hint>,
}

/// How much of a smaller scenario is tried for the same violation.
const SMALLER_SCHEDULES_MAX: u64 = 5_000;
const SMALLER_SAMPLES: u64 = 2_000;

/// A violation of the same kind in a scenario with less in it, if there is one.
fn in_less(subject: &dyn Subject, on: Engine, kind: &str) -> Option<(Box<dyn Subject>, Violation)> {
    subject.smaller().into_iter().find_map(|smaller| {
        let staged = smaller.staged(on);
        let options =
            Options { stop_at_violation: true, schedules_max: SMALLER_SCHEDULES_MAX, ..Options::default() };
        let same = |violation: &Violation| kind_of(&violation.message) == kind;
        let searched = staged.search(&options).ok().and_then(|found| found.violation).filter(same);
        let found = searched.or_else(|| {
            let drawn = Sample { runs: 0..SMALLER_SAMPLES, ..Sample::default() };
            staged.sample(&drawn).ok()?.violation.map(|(_, violation)| violation).filter(same)
        });
        drop(staged);
        found.map(|violation| (smaller, violation))
    })
}

/// Makes a violation small and tells it: first with fewer operations and faults, then with fewer switches. A run that
/// goes round in circles is told as it is.
pub(super) fn tell(subject: &dyn Subject, on: Engine, violation: &Violation, circles: bool) -> Told {
    if !circles && let Some((smaller, violation)) = in_less(subject, on, kind_of(&violation.message)) {
        return tell(smaller.as_ref(), on, &violation, circles);
    }
    let (limits, staged) = (Limits::default(), subject.staged(on));
    let (scenario, message) = (subject.name(), violation.message.clone());
    let small =
        if circles { None } else { staged.minimise(&limits, &violation.path, MINIMISE_RUNS_MAX).ok() };
    let path = small.as_ref().map_or(&violation.path, |small| &small.run.path);
    let timeline = staged.timeline(&limits, path).expect("the run was made within these limits");
    let hints = if circles { None } else { staged.repairs(&limits, path, REPAIR_SCHEDULES_MAX).ok() };
    let message = timeline.wrong.as_ref().map_or(message, |wrong| wrong.message.clone());
    Told {
        scenario,
        message,
        token: small.as_ref().map(|small| Token::of(&small.run)),
        switches: small.as_ref().map_or(0, |small| small.run.switches.len()),
        proved: small.as_ref().is_some_and(|small| small.proved),
        timeline,
        hints: hints.unwrap_or_default(),
    }
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
        let mut told: Vec<String> = self.hints.iter().take(HINTS_MAX).map(sentence).collect();
        if !self.hints.is_empty() && self.hints.iter().all(|hint| hint.verdict == Verdict::Stays) {
            told.insert(0, "joining any two neighbouring steps does not end it".to_owned());
        }
        told
    }

    #[must_use]
    pub fn text(&self) -> String {
        let mut told = text(&self.timeline);
        let minimal = if self.proved { ", and no run with fewer goes wrong like this" } else { "" };
        told.push_str(&format!("{} switches from the usual order{minimal}\n", self.switches));
        for repair in self.repairs() {
            told.push_str(&format!("repair: {repair}\n"));
        }
        if let Some(token) = &self.token {
            told.push_str(&format!("again:  steadfast explore replay {} {token}\n", self.scenario));
        }
        told
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let timeline = &self.timeline;
        let step = |moment: &steadfast_explore::timeline::Moment| {
            let actor = &timeline.actors[moment.actor];
            json!({
                "node": actor.node, "task": actor.task, "step": moment.label, "fault": moment.fault,
                "reads": moment.reads, "writes": moment.writes,
            })
        };
        let stale: Vec<Value> = timeline
            .stale
            .iter()
            .map(|stale| {
                json!({
                    "object": stale.object, "read": stale.read + 1, "written": stale.written + 1,
                    "acted": stale.acted + 1,
                })
            })
            .collect();
        json!({
            "message": self.message,
            "invariant": self.invariant(),
            "token": self.token.as_ref().map(ToString::to_string),
            "switches": self.switches,
            "minimal": self.proved,
            "steps": timeline.moments.iter().map(step).collect::<Vec<_>>(),
            "stale": stale,
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
        Some(format!(
            "#[test]\nfn {name}_goes_right() {{\n    // {}\n    steadfast_races::replay::holds(\n        {:?},\n        {:?},\n        &[\n{steps}        ],\n    );\n}}\n",
            self.message,
            self.scenario,
            token.to_string(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use steadfast_explore::Explorable;
    use steadfast_races::Race;
    use steadfast_races::catalogue::Kind;
    use steadfast_races::mutant::{Mutant, Rule};
    use steadfast_races::scenario;

    use super::*;

    /// A race of the shipped operations without one of their rules.
    struct Without(Race, Rule);

    impl Subject for Without {
        fn name(&self) -> String {
            self.0.name.to_string()
        }

        fn kind(&self) -> Kind {
            Kind::Shipped
        }

        fn about(&self) -> String {
            self.0.about.to_string()
        }

        fn operations(&self) -> Vec<String> {
            Subject::operations(&self.0)
        }

        fn faults(&self) -> Vec<String> {
            Subject::faults(&self.0)
        }

        fn smaller(&self) -> Vec<Box<dyn Subject>> {
            let parts = self.0.parts().into_iter();
            parts.map(|race| Box::new(Without(race, self.1)) as Box<dyn Subject>).collect()
        }

        fn staged(&self, _: Engine) -> Box<dyn Explorable + '_> {
            Box::new(self.0.staged(Some(Mutant::Rule(self.1))))
        }
    }

    #[test]
    fn what_a_violation_does_not_need_is_dropped() {
        let race = scenario::find("boot+boot+disable+stop/answer-lost").expect("its name is all it takes");
        let subject = Without(race, Rule::A9ClaimRechecks);
        let options = Options { stop_at_violation: true, ..Options::default() };
        let found = subject.staged(Engine::Memory).search(&options).expect("it ends");
        let told = tell(
            &subject,
            Engine::Memory,
            &found.violation.expect("two schedulers choose one device"),
            false,
        );
        assert_eq!(told.scenario, "boot", "the instance of the scene holds a device already");
        assert_eq!(told.invariant(), "S1ExclusiveDevice");
        assert!(told.proved && told.token.is_some_and(|token| token.to_string().len() <= 16));
    }
}
