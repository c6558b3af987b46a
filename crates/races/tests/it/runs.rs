//! Invariants over pairs of runs: what can come of a race, beside what can come of the same race with one report, one
//! failing message or one crash more.

use std::collections::BTreeSet;

use steadfast_model::invariant::runs::{Outcome, neutral, once, recovers};
use steadfast_races::scenario::generated::{Op, of, pairs, twin};
use steadfast_races::{Fault, Race};

use crate::explored::{Explored, explore, explored};

/// All that can come of a race.
fn outcomes(race: &Race) -> BTreeSet<Outcome> {
    let listed = twin(race).unwrap_or_else(|| race.clone());
    all_of(&explored(&listed), &listed)
}

/// The same of a race in the same scene, in which some operations are not begun.
fn outcomes_without(race: &Race, absent: &[Op]) -> BTreeSet<Outcome> {
    if absent.is_empty() {
        return outcomes(race);
    }
    let part = race.clone().without(absent);
    all_of(&explore(&part), &part)
}

fn all_of(explored: &Explored, race: &Race) -> BTreeSet<Outcome> {
    assert_eq!(explored.wrong(race), None);
    assert!(explored.found.exhausted, "{race:?} is not exhausted");
    explored.outcomes.clone()
}

/// What is done to an instance that moves. With more than one thing beside it has another scene, so each is compared
/// alone.
const MOVES: [Op; 3] = [Op::Migrate, Op::Confirm, Op::Revert];

/// Checks each pair of operations that `concerns` picks, and says which it was that went wrong.
fn check(concerns: impl Fn(&[Op]) -> bool, holds: impl Fn(&Race) -> Result<(), String>) {
    let moves = |race: &Race| race.operations().iter().any(|op| MOVES.contains(op));
    let alone = MOVES.map(|op| of(vec![op], Vec::new()));
    let pairs: Vec<Race> = pairs().into_iter().filter(|pair| !moves(pair)).chain(alone).collect();
    let all: Vec<&Race> = pairs.iter().filter(|pair| concerns(pair.operations())).collect();
    let wrong = all.iter().filter_map(|pair| Some(format!("{pair:?}: {}", holds(pair).err()?)));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {} pairs\n{}", wrong.len(), all.len(), wrong.join("\n"));
    assert!(all.len() >= 20, "only {} pairs", all.len());
}

fn with(pair: &Race, fault: Fault) -> BTreeSet<Outcome> {
    outcomes(&of(pair.operations().to_vec(), vec![fault]))
}

/// Whether the scene has an agent at work whoever else acts, so that a report adds nothing but a report.
fn has_agent(ops: &[Op]) -> bool {
    let needs = [Op::Boot, Op::Delete, Op::Stop, Op::Start, Op::Evacuate, Op::AgentRestart];
    ops.iter().any(|op| needs.contains(op) || MOVES.contains(op)) && !ops.contains(&Op::Report)
}

#[test]
fn reports_are_neutral() {
    check(has_agent, |pair| {
        let ops = pair.operations().iter().copied().chain([Op::Report]).collect();
        neutral(&outcomes(&of(ops, Vec::new())), &outcomes(pair))
    });
}

#[test]
fn a_message_counts_once() {
    check(has_agent, |pair| {
        let calm = outcomes(pair);
        once(&with(pair, Fault::MessageRepeated), &calm)?;
        once(&with(pair, Fault::AnswerLost), &calm)
    });
}

/// An agent keeps nothing that only its process knows. Where its host dies beside, a new process says that the host is
/// back.
#[test]
fn a_new_agent_goes_on_where_the_old_one_died() {
    let lives = |ops: &[Op]| has_agent(ops) && !ops.contains(&Op::ForceDown);
    check(lives, |pair| recovers(&with(pair, Fault::AgentCrash), &outcomes(pair)));
}

/// What a crash of the control plane leaves undone is not there at all; a new control plane sweeps, so a sweep is part
/// of every run without one. A fence and a death are half done outside of it.
#[test]
fn a_crash_leaves_nothing_half_done() {
    let durable = |ops: &[Op]| !ops.contains(&Op::Fence) && !ops.contains(&Op::ForceDown);
    check(durable, |pair| {
        let ops = pair.operations();
        let parts: [&[Op]; 4] = [&[], &ops[..1], &ops[1..], ops];
        let calm = parts.into_iter().flat_map(|absent| outcomes_without(pair, absent)).collect();
        recovers(&with(pair, Fault::ControlCrash), &calm)
    });
}
