//! Makes of a violation what a person needs: small, named, told, and what would mend it.

use std::cmp::Reverse;

use steadfast_explore::timeline::{Moment, Timeline};
use steadfast_explore::{Hint, Limits, Options, Sample, Token, Violation, kind_of};
use steadfast_races::catalogue::{Engine, Kind, Subject};

use super::told::Told;

/// How many runs a violation may take to be made small. More proves more of them minimal.
pub(super) const MINIMISE_RUNS_MAX: u64 = 60_000;

/// How many schedules are tried for each pair of steps that are joined.
const REPAIR_SCHEDULES_MAX: u64 = 20_000;

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
    let on = store_of(subject, on);
    let (limits, staged) = (Limits::default(), subject.staged(on));
    let message = violation.message.clone();
    let small = staged.minimise(&limits, &violation.path, MINIMISE_RUNS_MAX).ok();
    let path = small.as_ref().map_or(&violation.path, |small| &small.run.path);
    let timeline = staged.timeline(&limits, path).expect("the run was made within these limits");
    let mut hints = staged.repairs(&limits, path, REPAIR_SCHEDULES_MAX).unwrap_or_default();
    let steps = Concerned::of(&timeline);
    hints.sort_by_key(|hint| (hint.verdict, Reverse(steps.concerns(hint))));
    let message = timeline.wrong.as_ref().map_or(message, |wrong| wrong.message.clone());
    let nameless = "it is not made small: a run much like it does not end";
    Told {
        scenario: subject.name(),
        about: subject.about(),
        on,
        message,
        token: small.as_ref().map(|small| Token::of(&small.run)),
        nameless: small.is_none().then(|| nameless.to_owned()),
        switches: small.as_ref().map_or(0, |small| small.run.switches.len()),
        proved: small.as_ref().is_some_and(|small| small.proved),
        timeline,
        hints,
    }
}

/// What the store of a scenario ran on: rows of Nova's shape are in memory.
fn store_of(subject: &dyn Subject, on: Engine) -> Engine {
    match subject.kind() {
        Kind::Shipped => on,
        Kind::Legacy => Engine::Memory,
    }
}

/// Tells of a run that did not come to its end, as far as it was followed.
fn given_up(subject: &dyn Subject, on: Engine, violation: &Violation) -> Told {
    let timeline = subject.staged(on).timeline(&Limits::default(), &violation.path);
    Told {
        scenario: subject.name(),
        about: subject.about(),
        on: store_of(subject, on),
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

#[cfg(test)]
mod tests {
    use steadfast_explore::{Explorable, Footprint, Handle, Scenario, World};
    use steadfast_races::Race;
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
        assert!(told.proved && told.token.as_ref().is_some_and(|token| token.to_string().len() <= 16));
        let (json, place) = (told.json(), told.place(&subject.name()));
        assert_eq!((&json["scenario"], &json["store"]), (&"boot".into(), &"memory".into()));
        assert!(place.starts_with("Less is enough for it: boot, "), "{place}");
        let again = told.again().expect("it has a token");
        assert!(again.starts_with("steadfast explore replay boot ") && !again.contains("--store"), "{again}");
        let beside = Told { on: Engine::Sqlite, ..told };
        assert!(beside.text().contains(&format!("again:  {again} --store sqlite\n")), "{}", beside.text());
        assert!(beside.test().is_some_and(|test| test.contains("replay::holds_beside_sqlite(\n")));
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
