//! Runs whose steps each write a letter on a page, so that what stands there says which run it was: how searches judge
//! runs, and what they answer of them, in the smallest cases.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::future::select;
use steadfast_explore::{
    Content, Footprint, Handle, Limits, Options, Reduction, Scenario, Steady, Verdict, When, Why, World,
    minimise, repairs, search, search_and_tell, timeline, trace,
};

type Page = String;

/// Tasks that write words, one after the other.
struct Letters {
    /// The words of each task: a letter is a step, and of `a|b` only one comes.
    tasks: &'static [&'static str],
    /// Letters that are not written before another one.
    waits: &'static [(char, char)],
    /// What may not be on the page at any time, nor at rest.
    never: fn(&str) -> bool,
    not_at_last: fn(&str) -> bool,
}

const WELL: Letters = Letters { tasks: &[], waits: &[], never: |_| false, not_at_last: |_| false };

#[derive(Debug, Clone, Default)]
struct Sheet(Page);

impl World for Sheet {
    type Object = &'static str;

    fn digest(&self) -> u64 {
        Steady::of(&self.0)
    }

    fn content(&self, _: &&'static str) -> Content {
        Content::Whole(self.digest())
    }
}

/// A hash is written on the page, and nothing is said of it.
fn footprint(letter: char) -> Footprint<&'static str> {
    if letter == '#' { Footprint::nothing() } else { Footprint::writes(["page"]) }
}

async fn letter(sheet: &Handle<Sheet>, letter: char, after: Option<char>) {
    let write = move |sheet: &mut Sheet| {
        assert!(letter != '!', "nobody writes this");
        sheet.0.push(letter);
        ((), footprint(letter))
    };
    let when = When::new(after.map(|_| "page"), move |sheet: &Sheet| {
        letter != '?' && after.is_none_or(|after| sheet.0.contains(after))
    });
    sheet.step_when(letter.to_string(), when, write).await;
}

impl Scenario for Letters {
    type World = Sheet;

    fn world(&self) -> Sheet {
        Sheet::default()
    }

    fn start(&self, sheet: &Handle<Sheet>) {
        for words in self.tasks {
            let (on, waits) = (sheet.clone(), self.waits);
            let after = |letter| waits.iter().find(|(waits, _)| *waits == letter).map(|(_, after)| *after);
            sheet.spawn("desk", *words, async move {
                for word in words.split(' ') {
                    let letters: Vec<char> = word.chars().collect();
                    if let [one, '|', other] = letters[..] {
                        let one = Box::pin(letter(&on, one, after(one)));
                        select(one, Box::pin(letter(&on, other, after(other)))).await;
                        continue;
                    }
                    for one in letters {
                        letter(&on, one, after(one)).await;
                    }
                }
            });
        }
    }

    fn always(&self, sheet: &Sheet) -> Result<(), String> {
        if (self.never)(&sheet.0) { Err(format!("Wrong: {}", sheet.0)) } else { Ok(()) }
    }

    fn at_rest(&self, sheet: &Sheet) -> Result<(), String> {
        if (self.not_at_last)(&sheet.0) { Err(format!("Wrong: {}", sheet.0)) } else { Ok(()) }
    }
}

const SEARCHES: [Reduction; 4] =
    [Reduction::Nothing, Reduction::SleepSets, Reduction::SourceDpor, Reduction::States];

const RUNS_MAX: u64 = 1_000;

/// Where only one step can come there is no choice, and a switch after it is one like any other.
#[test]
fn a_switch_after_a_step_without_a_choice_is_tried() {
    let waits = Letters { tasks: &["oab", "xy"], waits: &[('x', 'o')], ..WELL };
    let hard = Letters { not_at_last: |page| page == "oaxby", ..waits };
    let easy = Letters { not_at_last: |page| page == "oaxby" || page == "oxyab", ..hard };
    let limits = Limits::default();
    let path = search(&hard, &Options::default()).expect("it ends").violation.expect("it is found").path;
    let small = minimise(&easy, &limits, &path, RUNS_MAX).expect("it ends");
    assert!(small.proved);
    assert_eq!(small.run.wrong.expect("it is wrong").message, "Wrong: oxyab");
    assert_eq!(small.run.switches.len(), 1);
}

/// A run that is not wrong is not made small: nobody is told that it was.
#[test]
fn a_run_that_is_not_wrong_is_refused() {
    let scenario = Letters { tasks: &["ab"], ..WELL };
    let refused = minimise(&scenario, &Limits::default(), &[], RUNS_MAX).expect_err("it is not wrong");
    assert_eq!((refused.why, refused.path.len()), (Why::Strays, 2));
}

/// A step that is put off until it is known what it takes away is reported as what it was.
#[test]
fn a_violation_ends_with_the_step_that_is_wrong() {
    let scenario = Letters { tasks: &["k a|b", "x"], never: |page| page.ends_with('a'), ..WELL };
    for reduction in SEARCHES {
        let found = search(&scenario, &Options { reduction, ..Options::default() }).expect("it ends");
        let path = found.violation.unwrap_or_else(|| panic!("{reduction:?} finds it")).path;
        let told = timeline::timeline(&scenario, &Limits::default(), &path).expect("it ends");
        assert!(told.wrong.is_some(), "{reduction:?}: {:?}", trace(&scenario, &path));
    }
}

/// What is told of a run that is too long is a run of the longest kind: it can be told to a person.
#[test]
fn a_run_without_an_end_can_be_told() {
    let scenario = Letters { tasks: &["abcdefgh", "xyz"], ..WELL };
    let limits = Limits { steps_max: 7, ..Limits::default() };
    for reduction in SEARCHES {
        let limits = limits.clone();
        let options = Options { reduction, limits: limits.clone(), ..Options::default() };
        let path = search(&scenario, &options).expect_err("it is too long").path;
        assert_eq!(path.len(), limits.steps_max, "{reduction:?}");
        timeline::timeline(&scenario, &limits, &path).expect("it is told");
    }
}

/// A body that panics ends the search, and nothing but the search.
#[test]
fn a_panic_in_a_body_can_be_caught() {
    let scenario = Letters { tasks: &["ab!", "xy"], ..WELL };
    for reduction in SEARCHES {
        let options = Options { reduction, ..Options::default() };
        let caught = catch_unwind(AssertUnwindSafe(|| search(&scenario, &options)));
        assert!(caught.is_err(), "{reduction:?}");
    }
}

/// Steps that are joined are one: what is between them is seen by nobody.
#[test]
fn joined_steps_are_judged_as_one() {
    let limits = Limits::default();
    let half = Letters { tasks: &["ab", "x"], never: |page| page.ends_with('a'), ..WELL };
    let apart = Letters { never: |_| false, not_at_last: |page| page == "axb", ..half };
    let path = search(&apart, &Options::default()).expect("it ends").violation.expect("it is found").path;
    for scenario in [half, apart] {
        let hints = repairs(&scenario, &limits, &path, RUNS_MAX).expect("it ends");
        assert_eq!(hints.iter().map(|hint| hint.verdict).collect::<Vec<_>>(), [Verdict::Ends]);
    }
}

/// A gate that is read from nothing is one all the same.
#[test]
fn a_gate_that_reads_nothing_can_be_shut() {
    let scenario = Letters { tasks: &["a?b", "x"], never: |page| page.contains('?'), ..WELL };
    for reduction in SEARCHES {
        let found = search(&scenario, &Options { reduction, ..Options::default() }).expect("it ends");
        assert_eq!(found.violation, None, "{reduction:?}");
    }
}

/// A search for states finds out that a step touches more than it names, and says after which steps.
#[test]
fn a_step_that_touches_more_than_it_names_is_found_out() {
    let scenario = Letters { tasks: &["a#", "xy"], ..WELL };
    let options = Options { reduction: Reduction::States, ..Options::default() };
    let run = search(&scenario, &options).expect_err("it is found out");
    assert_eq!(run.why, Why::Strays, "{run}");
    assert!(trace(&scenario, &run.path).iter().any(|step| step.label == "#"), "{:?}", run.path);
}

/// A run that goes on from a step that was wrong is wrong, whatever comes after and however little that changes.
#[test]
fn what_goes_on_from_a_wrong_step_is_wrong() {
    let program = Letters { tasks: &["a", "#", "#"], never: |page| page.contains('a'), ..WELL };
    for reduction in [Reduction::Nothing, Reduction::SleepSets, Reduction::SourceDpor] {
        let options = Options { reduction, ..Options::default() };
        let mut told = Vec::new();
        let found = search_and_tell(&program, &options, &mut |_, wrong| told.push(wrong.is_some()));
        let found = found.expect("it ends");
        assert!(told.iter().all(|wrong| *wrong), "{reduction:?}: {told:?}");
        assert_eq!(found.violations, found.schedules, "{reduction:?}");
    }
}

/// A search that may hold no more states says so, and not that it came to all of them.
#[test]
fn a_search_says_that_it_holds_no_more() {
    let program = Letters { tasks: &["ab", "cd"], ..WELL };
    for (states_max, full) in [(3, true), (1_000, false)] {
        let options = Options { reduction: Reduction::States, states_max, ..Options::default() };
        let found = search(&program, &options).expect("it ends");
        assert_eq!((found.full, found.exhausted), (full, !full), "{states_max}");
    }
}
