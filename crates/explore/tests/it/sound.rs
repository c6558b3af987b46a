//! Every reduction comes to the same ends as plain search: on programs of every kind of step, made from numbers.

use std::cell::RefCell;
use std::collections::BTreeSet;

use steadfast_explore::{
    Footprint, Found, Handle, Options, Reduction, Scenario, Why, World, search, search_and_tell,
};

use crate::program::{Board, Draws, Op, Program};

/// How many programs are compared. Each costs up to [`ORDERS_MAX`] runs.
const PROGRAMS: u64 = 3_000;

/// Programs with more orders than this are left out: those that lead through their states are counted before.
const ORDERS_MAX: u64 = 4_000;

/// So many orders of each program are gone through twice, where all steps are done and where they are recalled.
const REDONE_MAX: u64 = 1_000;

/// What a search came to.
struct Reached {
    /// Worlds in which nothing was left to happen.
    ends: BTreeSet<u64>,
    /// Worlds that were judged, in order.
    judged: Vec<u64>,
    found: Found,
}

impl Reached {
    fn worlds(&self) -> BTreeSet<u64> {
        self.judged.iter().copied().collect()
    }
}

/// A program that notes which of its worlds are judged, and says of some that they are wrong.
struct Noted<'a, S>(&'a S, RefCell<Vec<u64>>);

impl<S: Scenario> Scenario for Noted<'_, S> {
    type World = S::World;

    fn world(&self) -> S::World {
        self.0.world()
    }

    fn start(&self, world: &Handle<S::World>) {
        self.0.start(world);
    }

    fn always(&self, world: &S::World) -> Result<(), String> {
        self.1.borrow_mut().push(world.digest());
        if world.digest() % 4 == 0 { Err("Unlucky: four divides it".to_owned()) } else { Ok(()) }
    }
}

fn reach(program: &impl Scenario, reduction: Reduction) -> Reached {
    reach_within(ORDERS_MAX, program, reduction)
}

fn reach_within(schedules_max: u64, program: &impl Scenario, reduction: Reduction) -> Reached {
    let mut ends = BTreeSet::new();
    let options = Options { reduction, schedules_max, ..Options::default() };
    let noted = Noted(program, RefCell::default());
    let found = search_and_tell(&noted, &options, &mut |world, _| {
        ends.insert(world.digest());
    });
    Reached { ends, judged: noted.1.into_inner(), found: found.expect("programs end") }
}

/// Whether a search came to all that plain search came to: to the same ends, and where it goes through states, to the
/// same worlds on the way. Searches through orders leave worlds out.
fn compare(what: &str, reduction: Reduction, reached: &Reached, plain: &Reached) {
    assert_eq!(reached.ends, plain.ends, "{what}: ends by {reduction:?}");
    let mut after_steps = plain.worlds();
    match reduction {
        Reduction::States => {
            // States are judged from the first one on, runs from their first step on.
            after_steps.extend(reached.judged.first());
            assert_eq!(reached.worlds(), after_steps, "{what}: worlds");
        }
        Reduction::Nothing | Reduction::SleepSets | Reduction::SourceDpor => {
            assert!(reached.worlds().is_subset(&after_steps), "{what}: worlds by {reduction:?}");
        }
    }
}

#[test]
fn reductions_come_to_every_end() {
    let (mut compared, mut plain_runs, mut sleep_runs, mut dpor_runs, mut states) = (0, 0, 0, 0, 0);
    for seed in 0..PROGRAMS {
        let program = Draws(seed).program();
        let among_states = reach(&program, Reduction::States);
        if !among_states.found.exhausted || among_states.found.orders > ORDERS_MAX.into() {
            continue;
        }
        let plain = reach(&program, Reduction::Nothing);
        if !plain.found.exhausted {
            // Tasks that stand at the same have more orders than states tell of.
            continue;
        }
        let by_orders =
            [Reduction::SleepSets, Reduction::SourceDpor].map(|reduction| reach(&program, reduction));
        let what = format!("seed {seed}, {program:?}");
        compare(&what, Reduction::States, &among_states, &plain);
        for (reduction, reached) in [Reduction::SleepSets, Reduction::SourceDpor].into_iter().zip(&by_orders)
        {
            assert!(reached.found.exhausted, "{what}, {reduction:?}: more runs than plain search");
            compare(&what, reduction, reached, &plain);
        }
        let (orders, runs) = (among_states.found.orders, u128::from(plain.found.schedules));
        // Only a task that is started anew can come to stand where another one stands: then their steps count as one.
        let alike = what.contains("Again");
        assert!(orders == runs || (alike && orders < runs), "{what}: {orders} orders, {runs} runs");
        let [slept, dpor] = by_orders.map(|reached| reached.found.schedules + reached.found.skipped);
        (sleep_runs, dpor_runs) = (sleep_runs + slept, dpor_runs + dpor);
        plain_runs += plain.found.schedules;
        states += among_states.found.states;
        compared += 1;
    }
    println!(
        "{compared} programs: {plain_runs} runs, with sleep sets {sleep_runs}, with source-DPOR {dpor_runs}, {states} states"
    );
    assert!(compared > PROGRAMS / 2, "most programs are small enough to compare");
    assert!(dpor_runs < sleep_runs && sleep_runs < plain_runs);
}

/// Whether every reduction comes to all that plain search comes to, in each of these programs.
fn check(cases: impl IntoIterator<Item = (&'static str, Vec<(u32, Vec<Op>)>)>) {
    for (name, tasks) in cases {
        println!("{name}");
        let program = Program(tasks);
        let plain = reach(&program, Reduction::Nothing);
        for reduction in [Reduction::SleepSets, Reduction::SourceDpor, Reduction::States] {
            compare(name, reduction, &reach(&program, reduction), &plain);
        }
    }
}

/// What a search lost once, or took for a step that touches more than it names.
#[test]
fn what_was_lost_is_found() {
    let keeps = |from, to| Box::new(Op::Keep(from, to));
    check([
        (
            "what a step touches follows from what it reads",
            vec![
                (0, vec![Op::Fault(0, Box::new(Op::Add(2)))]),
                (0, vec![Op::Ask(2, Box::new(Op::Add(1))), Op::Touch(1, Box::new(Op::Add(2)))]),
                (0, vec![Op::Read(2), Op::Read(1)]),
            ],
        ),
        (
            "a task keeps what it saw as it ran on",
            vec![
                (2, vec![Op::Spawn(1, vec![Op::Write(0)])]),
                (1, vec![Op::Add(2), Op::Either(Box::new(Op::Add(0)), keeps(0, 2))]),
            ],
        ),
        (
            "a task waits for two steps that look the same",
            vec![
                (1, vec![Op::Read(0), Op::Either(keeps(0, 1), keeps(0, 0))]),
                (0, vec![Op::Add(0), Op::Read(1)]),
            ],
        ),
        (
            "a task stands where it stood, and so does the one that it asks",
            vec![
                (0, vec![Op::Add(1)]),
                (0, vec![Op::Add(2), Op::Again(0, vec![Op::Add(0), Op::Keep(1, 1)])]),
            ],
        ),
        (
            "a task that ends lets another one end, which tells a third",
            vec![(0, vec![Op::Both(1, vec![Op::Request(2, vec![Op::Add(0)])], vec![Op::Read(1)])])],
        ),
    ]);
}

/// The same, of what it means to others that tasks die.
#[test]
fn what_deaths_mean_is_found() {
    check([
        (
            "a task hears only later that nobody will answer",
            vec![
                (
                    2,
                    vec![
                        Op::Both(0, vec![Op::Read(2)], vec![Op::Await(0, 1)]),
                        Op::Touch(0, Box::new(Op::Add(1))),
                    ],
                ),
                (2, vec![Op::Crash(0), Op::Keep(2, 0)]),
            ],
        ),
        (
            "a task that waits for one that dies tells another one",
            vec![
                (2, vec![Op::Request(0, vec![Op::Add(0), Op::Request(1, vec![Op::Add(1)])]), Op::Add(2)]),
                (3, vec![Op::Crash(1)]),
            ],
        ),
        (
            "a task loses who asked it with the step whose end it hears of",
            vec![
                (0, vec![Op::Add(2)]),
                (1, vec![Op::Request(0, vec![Op::Request(0, vec![Op::Crash(1)])])]),
                (0, vec![Op::Crash(1)]),
            ],
        ),
        (
            "a task that loses an answer starts one which starts another one and ends",
            vec![
                (
                    0,
                    vec![
                        Op::Request(1, vec![Op::Write(0)]),
                        Op::Both(1, vec![Op::Spawn(1, vec![Op::Add(0)])], vec![Op::Read(0)]),
                    ],
                ),
                (0, vec![Op::Crash(1)]),
            ],
        ),
        (
            "nobody hears that a node dies who died before",
            vec![
                (2, vec![Op::Crash(0), Op::Fault(1, Box::new(Op::Touch(0, Box::new(Op::Add(0)))))]),
                (0, vec![Op::Crash(0)]),
                (
                    1,
                    vec![
                        Op::Again(0, vec![Op::Take(0), Op::Add(0)]),
                        Op::Fault(1, Box::new(Op::Touch(0, Box::new(Op::Add(2))))),
                    ],
                ),
            ],
        ),
    ]);
}

/// The same program in a world that cannot be come back to.
struct Redone<'a>(&'a Program);

impl Scenario for Redone<'_> {
    type World = Board;

    fn world(&self) -> Board {
        let mut board = self.0.world();
        board.partial = true;
        board
    }

    fn start(&self, board: &Handle<Board>) {
        self.0.start(board);
    }
}

/// What a search told that does not depend on which of its steps were done and which recalled. Where it knows states
/// apart, runs are led to them by other ways.
fn told(reduction: Reduction, found: Found) -> Found {
    match reduction {
        Reduction::States => Found {
            recalled: 0,
            left_out: 0,
            steps: 0,
            skipped: 0,
            depth: 0,
            violation: None,
            violations: 0,
            ..found
        },
        Reduction::Nothing | Reduction::SleepSets | Reduction::SourceDpor => {
            Found { recalled: 0, left_out: 0, ..found }
        }
    }
}

/// Runs that are answered as earlier ones were come to the same as runs that do all of their steps.
fn check_recalled(reduction: Reduction) {
    let mut recalled = 0;
    for seed in 0..PROGRAMS {
        let program = Draws(seed).program();
        let whole = reach_within(REDONE_MAX, &program, reduction);
        recalled += whole.found.recalled;
        if reduction == Reduction::States && !whole.found.exhausted {
            // Which states come first depends on what was learnt by then.
            continue;
        }
        let redone = reach_within(REDONE_MAX, &Redone(&program), reduction);
        assert_eq!(whole.ends, redone.ends, "seed {seed}, {reduction:?} of {program:?}");
        assert_eq!(whole.worlds(), redone.worlds(), "seed {seed}, {reduction:?} of {program:?}");
        let (found, redone) = (told(reduction, whole.found), told(reduction, redone.found));
        assert_eq!(found, redone, "seed {seed}, {reduction:?} of {program:?}");
    }
    assert!(recalled > 0);
}

#[test]
fn what_is_recalled_with_sleep_sets_is_what_would_be_done() {
    check_recalled(Reduction::SleepSets);
}

#[test]
fn what_is_recalled_with_source_dpor_is_what_would_be_done() {
    check_recalled(Reduction::SourceDpor);
}

#[test]
fn what_is_recalled_among_states_is_what_would_be_done() {
    check_recalled(Reduction::States);
}

/// Numbers that are handed out; how far they are, the world keeps to itself.
#[derive(Debug, Clone)]
struct Tickets(u32);

impl World for Tickets {
    type Object = &'static str;

    fn digest(&self) -> u64 {
        0
    }
}

struct Queue;

impl Scenario for Queue {
    type World = Tickets;

    fn world(&self) -> Tickets {
        Tickets(0)
    }

    fn start(&self, tickets: &Handle<Tickets>) {
        for name in ["first", "second", "third", "fourth", "fifth"] {
            let draw = tickets.step("draw", |tickets: &mut Tickets| {
                tickets.0 += 1;
                (tickets.0, Footprint::writes(["tickets"]))
            });
            tickets.spawn("hall", name, async move {
                let _: u32 = draw.await;
            });
        }
    }
}

/// What a step did is looked up where it meets the same. If that was not the same after all, it comes to light.
#[test]
fn a_digest_that_leaves_something_out_is_found_out() {
    let unfinished = search(&Queue, &Options::default()).expect_err("a ticket has more than one number");
    assert_eq!(unfinished.why, Why::Strays);
}

/// Where nothing can happen there is one run, of no steps.
#[test]
fn a_program_without_steps_has_one_order() {
    for reduction in [Reduction::Nothing, Reduction::SleepSets, Reduction::SourceDpor, Reduction::States] {
        let Reached { ends, found, .. } = reach(&Program(Vec::new()), reduction);
        assert_eq!((ends.len(), found.schedules, found.exhausted), (1, 1, true), "{reduction:?}");
    }
}
