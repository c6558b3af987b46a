//! What a person needs of a violation: small, named, told, and what would mend it.

use std::cmp::Reverse;

use serde_json::{Value, json};
use steadfast_explore::timeline::{Moment, Reaction, Sight, Stale, Tear, Timeline, Torn, text};
use steadfast_explore::{Hint, Limits, Options, Sample, Token, Verdict, Violation, kind_of};
use steadfast_races::catalogue::{Engine, Subject};

/// How many runs a violation may take to be made small. More proves more of them minimal.
pub(super) const MINIMISE_RUNS_MAX: u64 = 60_000;

/// How many schedules are tried for each pair of steps that are joined.
const REPAIR_SCHEDULES_MAX: u64 = 20_000;

/// How many joined pairs a report tells of.
const HINTS_MAX: usize = 6;

/// A violation, told.
#[derive(Debug, Clone)]
pub struct Told {
    pub scenario: String,
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
/// was given up is told as it is.
pub(super) fn tell(subject: &dyn Subject, on: Engine, violation: &Violation, unfinished: bool) -> Told {
    if unfinished {
        return given_up(subject, on, violation);
    }
    if let Some((smaller, violation)) = in_less(subject, on, kind_of(&violation.message)) {
        return tell(smaller.as_ref(), on, &violation, unfinished);
    }
    let (limits, staged) = (Limits::default(), subject.staged(on));
    let (scenario, message) = (subject.name(), violation.message.clone());
    let small = staged.minimise(&limits, &violation.path, MINIMISE_RUNS_MAX).ok();
    let path = small.as_ref().map_or(&violation.path, |small| &small.run.path);
    let timeline = staged.timeline(&limits, path).expect("the run was made within these limits");
    let mut hints = staged.repairs(&limits, path, REPAIR_SCHEDULES_MAX).unwrap_or_default();
    let steps = Concerned::of(&timeline);
    hints.sort_by_key(|hint| (hint.verdict, Reverse(steps.concerns(hint))));
    let message = timeline.wrong.as_ref().map_or(message, |wrong| wrong.message.clone());
    let nameless = "it is not made small: a run much like it does not end";
    Told {
        scenario,
        message,
        token: small.as_ref().map(|small| Token::of(&small.run)),
        nameless: small.is_none().then(|| nameless.to_owned()),
        switches: small.as_ref().map_or(0, |small| small.run.switches.len()),
        proved: small.as_ref().is_some_and(|small| small.proved),
        timeline,
        hints,
    }
}

/// Tells of a run that did not come to its end, as far as it was followed.
fn given_up(subject: &dyn Subject, on: Engine, violation: &Violation) -> Told {
    let timeline = subject.staged(on).timeline(&Limits::default(), &violation.path);
    Told {
        scenario: subject.name(),
        message: violation.message.clone(),
        token: None,
        nameless: Some("a token leads to the end of a run, and this one has none".to_owned()),
        switches: 0,
        proved: false,
        timeline: timeline.expect("it was followed so far"),
        hints: Vec::new(),
    }
}

/// The steps that have to do with what was seen too early or too late, by their labels.
struct Concerned<'a>(Vec<&'a str>);

impl<'a> Concerned<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let torn = timeline.torn.iter().flat_map(|torn| [&torn.before.object, &torn.after.object]);
        let objects: Vec<&String> = timeline.stale.iter().map(|stale| &stale.object).chain(torn).collect();
        let touches = |moment: &&Moment| {
            objects.iter().any(|object| moment.reads.contains(object) || moment.writes.contains(object))
        };
        Concerned(timeline.moments.iter().filter(touches).map(|moment| moment.label.as_str()).collect())
    }

    /// How many of the two steps are among them.
    fn concerns(&self, hint: &Hint) -> usize {
        [&hint.first, &hint.second].into_iter().filter(|label| self.0.contains(&label.as_str())).count()
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
        let mut told: Vec<String> = self.hints.iter().map(sentence).collect();
        if !self.hints.is_empty() && self.hints.iter().all(|hint| hint.verdict == Verdict::Stays) {
            told.insert(0, "joining any two neighbouring steps does not end it".to_owned());
        }
        told
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
        match (&self.token, &self.nameless) {
            (Some(token), _) => {
                told.push_str(&format!("again:  steadfast explore replay {} {token}\n", self.scenario));
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
        Some(format!(
            "#[test]\nfn {name}_goes_right() {{\n    // {}\n    steadfast_races::replay::holds(\n        {:?},\n        {:?},\n        &[\n{steps}        ],\n    );\n}}\n",
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

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use steadfast_explore::{Explorable, Footprint, Handle, Scenario, World};
    use steadfast_races::Race;
    use steadfast_races::catalogue::{self, Kind};
    use steadfast_races::mutant::{Mutant, Rule};
    use steadfast_races::{replay, scenario};

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

    /// A clock that ticks for ever.
    struct Endless;

    #[derive(Debug, Clone)]
    struct Ticks(u64);

    impl World for Ticks {
        type Object = &'static str;

        fn digest(&self) -> u64 {
            self.0
        }
    }

    impl Scenario for Endless {
        type World = Ticks;

        fn world(&self) -> Ticks {
            Ticks(0)
        }

        fn start(&self, world: &Handle<Ticks>) {
            let ticks = world.clone();
            world.spawn("tower", "clock", async move {
                loop {
                    let tick = |ticks: &mut Ticks| (ticks.0 += 1, Footprint::writes(["clock"]));
                    ticks.step("tick", tick).await;
                }
            });
        }

        fn at_rest(&self, _: &Ticks) -> Result<(), String> {
            Err("Rest: it was judged at rest".to_owned())
        }
    }

    impl Subject for Endless {
        fn name(&self) -> String {
            "clock".to_owned()
        }

        fn kind(&self) -> Kind {
            Kind::Legacy
        }

        fn about(&self) -> String {
            "it never rests".to_owned()
        }

        fn operations(&self) -> Vec<String> {
            Vec::new()
        }

        fn faults(&self) -> Vec<String> {
            Vec::new()
        }

        fn staged(&self, _: Engine) -> Box<dyn Explorable + '_> {
            Box::new(Endless)
        }
    }

    #[test]
    fn a_run_that_does_not_end_is_not_judged_at_rest_and_has_no_token() {
        let run = Endless.staged(Engine::Memory).search(&Options::default()).expect_err("it does not end");
        let violation = Violation { message: run.to_string(), path: run.path };
        let told = tell(&Endless, Engine::Memory, &violation, true);
        let message = format!("TooLong: it does not end within {} steps", Limits::default().steps_max);
        assert_eq!((told.message.as_str(), told.invariant()), (message.as_str(), "TooLong"));
        let text = told.text();
        assert!(text.contains(&format!("wrong: {message}\n")) && !text.contains("Rest: "), "{text}");
        assert!(text.contains("no token: ") && !text.contains("switches"), "{text}");
        assert!(told.json()["token"].is_null() && told.json()["nameless"].is_string());
    }
}
