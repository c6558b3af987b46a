//! Every reduction comes to the same ends as plain search: on programs of every kind of step, made from numbers.

use std::collections::BTreeSet;

use steadfast_explore::{Found, Handle, Options, Reduction, Scenario, World, search_and_tell};

use crate::program::{Board, Draws, Op, Program};

/// How many programs are compared. Each costs up to [`ORDERS_MAX`] runs.
const PROGRAMS: u64 = 3_000;

/// Programs with more orders than this are left out.
const ORDERS_MAX: u64 = 4_000;

fn ends(program: &impl Scenario, reduction: Reduction) -> (BTreeSet<u64>, Found) {
    let mut ends = BTreeSet::new();
    let options = Options { reduction, schedules_max: ORDERS_MAX, ..Options::default() };
    let found = search_and_tell(program, &options, &mut |world, _| {
        ends.insert(world.digest());
    });
    (ends, found.expect("programs end"))
}

#[test]
fn reductions_come_to_every_end() {
    let (mut compared, mut plain_runs, mut sleep_runs, mut dpor_runs, mut states) = (0, 0, 0, 0, 0);
    for seed in 0..PROGRAMS {
        let program = Draws(seed).program();
        let (plain, found) = ends(&program, Reduction::Nothing);
        if !found.exhausted {
            continue;
        }
        for reduction in [Reduction::SleepSets, Reduction::SourceDpor, Reduction::States] {
            let (reduced, with) = ends(&program, reduction);
            assert!(with.exhausted, "seed {seed}, {reduction:?}: more runs than plain search");
            assert_eq!(reduced, plain, "seed {seed}, {reduction:?} of {program:?}");
            match reduction {
                Reduction::SleepSets => sleep_runs += with.schedules + with.skipped,
                Reduction::SourceDpor | Reduction::Nothing => dpor_runs += with.schedules + with.skipped,
                Reduction::States => states += with.states,
            }
        }
        compared += 1;
        plain_runs += found.schedules;
    }
    println!(
        "{compared} programs: {plain_runs} runs, with sleep sets {sleep_runs}, with source-DPOR {dpor_runs}, {states} states"
    );
    assert!(compared > PROGRAMS / 2, "most programs are small enough to compare");
    assert!(dpor_runs < sleep_runs && sleep_runs < plain_runs);
}

/// What a search lost once, or took for a step that touches more than it names.
#[test]
fn what_was_lost_is_found() {
    let keeps = |from, to| Box::new(Op::Keep(from, to));
    let cases = [
        (
            "what a step touches follows from what it reads",
            vec![
                (0, vec![Op::Fault(0, Box::new(Op::Add(2)))]),
                (0, vec![Op::Ask(2, Box::new(Op::Add(1))), Op::Touch(1, Box::new(Op::Add(2)))]),
                (0, vec![Op::Read(2), Op::Read(1)]),
            ],
        ),
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
    ];
    for (name, tasks) in cases {
        let program = Program(tasks);
        let (plain, _) = ends(&program, Reduction::Nothing);
        for reduction in [Reduction::SleepSets, Reduction::SourceDpor, Reduction::States] {
            assert_eq!(ends(&program, reduction).0, plain, "{name}: {reduction:?}");
        }
    }
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
        Reduction::States => Found { recalled: 0, steps: 0, skipped: 0, depth: 0, ..found },
        Reduction::Nothing | Reduction::SleepSets | Reduction::SourceDpor => Found { recalled: 0, ..found },
    }
}

/// Runs that are answered as earlier ones were come to the same as runs that do all of their steps.
#[test]
fn what_is_recalled_is_what_would_be_done() {
    let mut recalled = 0;
    for seed in 0..PROGRAMS {
        let program = Draws(seed).program();
        for reduction in [Reduction::SleepSets, Reduction::SourceDpor, Reduction::States] {
            let (ends_recalled, found) = ends(&program, reduction);
            let (ends_redone, redone) = ends(&Redone(&program), reduction);
            recalled += found.recalled;
            let (found, redone) = (told(reduction, found), told(reduction, redone));
            assert_eq!(found, redone, "seed {seed}, {reduction:?} of {program:?}");
            assert_eq!(ends_recalled.len(), ends_redone.len(), "seed {seed}, {reduction:?} of {program:?}");
        }
    }
    assert!(recalled > 0);
}

/// The runs of a search end with nothing left to happen: also one that stops at its first step.
#[test]
fn a_program_without_steps_has_one_order() {
    let nothing = Program(Vec::new());
    let (ends, found) = ends(&nothing, Reduction::SourceDpor);
    assert_eq!((ends.len(), found.schedules, found.exhausted), (1, 1, true));
    assert_eq!(nothing.world(), nothing.world());
}
