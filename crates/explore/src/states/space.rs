//! The states that a search has come to: each pair of a world and of where tasks stand, and the way to it.

use std::hash::Hash;
use std::sync::Arc;

use super::list::{At, List};
use super::standpoints::{Standpoints, TaskAt};
use super::worlds::{PlaceAt, Worlds};
use crate::by_hash::ByHash;
use crate::executor::{Stance, Waiting};
use crate::steady::Steady;
use crate::world::World;

/// A state's place in the list of those that were come to.
pub(super) type StateAt = At;

/// A state: a world, and where every task stands.
#[derive(Debug)]
pub(super) struct State {
    pub place: PlaceAt,
    /// In ascending order: tasks that stand at the same are alike.
    pub tasks: Box<[TaskAt]>,
    /// How many steps it was come to by.
    pub depth: u32,
    /// The state before, and the step from there.
    from: Option<(StateAt, u64)>,
}

/// A second hash of a state: two that share their number by chance differ in it. It lies beside the number, so that
/// states need not be looked at to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Check(u32);

impl Check {
    fn of(state: &impl Hash) -> Check {
        Check((Steady::of(state) >> 32) as u32)
    }
}

pub(super) struct Space<W: World> {
    pub worlds: Worlds<W>,
    pub standpoints: Standpoints<W>,
    pub states: List<State>,
    by_number: ByHash<(StateAt, Check)>,
}

impl<W: World> Space<W> {
    pub fn of(origin: Arc<W>) -> Space<W> {
        Space {
            worlds: Worlds::of(origin),
            standpoints: Standpoints::default(),
            states: List::default(),
            by_number: ByHash::default(),
        }
    }

    /// Where a task stands. `steps` are asked for if nobody stood there before.
    pub fn standpoint(&mut self, at: &Stance, steps: impl FnOnce() -> Vec<Waiting<W>>) -> TaskAt {
        self.standpoints.standpoint(&mut self.worlds, at, steps)
    }

    /// The standpoints of the tasks of a run, in ascending order.
    pub fn tasks(&mut self, stances: &[Stance], steps: impl Fn(usize) -> Vec<Waiting<W>>) -> Vec<TaskAt> {
        let stands = stances.iter().map(|stance| self.standpoint(stance, || steps(stance.task)));
        let mut tasks: Vec<TaskAt> = stands.collect();
        tasks.sort_unstable();
        tasks
    }

    /// The state of a world and tasks, and whether it is a new one.
    pub fn state(
        &mut self,
        place: PlaceAt,
        mut tasks: Vec<TaskAt>,
        from: Option<(StateAt, u64)>,
    ) -> (StateAt, bool) {
        tasks.sort_unstable();
        let (number, check) = (Steady::of(&(place, &tasks)), Check::of(&(&tasks, place)));
        let (found, known) = *self.by_number.entry(number).or_insert((self.states.next(), check));
        assert!(check == known, "no two states have one number");
        let new = found == self.states.next();
        if new {
            let depth = from.map_or(0, |(before, _)| self.states[before].depth + 1);
            self.states.push(State { place, tasks: tasks.into(), depth, from });
        }
        (found, new)
    }

    /// Where tasks stand in a state that did not in the one before.
    pub fn came(&self, before: StateAt, after: StateAt) -> Vec<TaskAt> {
        beside(&self.states[after].tasks, &self.states[before].tasks)
    }

    /// Of the steps that lead to a state, those that some of its tasks come by. Before such a step all must be there whom
    /// it concerns: another task may have come to stand where one of them stood, and then nobody seems to have left. And
    /// where nodes die nobody may be there who was gone by then: it would hear of that, and could act.
    pub fn way_of(&self, state: StateAt, tasks: &[TaskAt]) -> Vec<(StateAt, u64)> {
        let (mut needed, mut after, mut way) = (tasks.to_vec(), state, Vec::new());
        for (before, step) in self.back_from(state) {
            let stood = &self.states[before].tasks;
            if !holds_all(stood, &needed) {
                way.push((before, step));
                let doer = self.standpoints.doer(stood, step);
                if self.standpoints.kills(doer, step) {
                    way.extend(self.back_from(before));
                    break;
                }
                for task in self.came(before, after) {
                    needed.iter().position(|needed| *needed == task).map(|at| needed.remove(at));
                }
                needed.extend(self.came(after, before));
                let concerned = self.standpoints.concerned(stood, doer);
                let others: Vec<TaskAt> =
                    concerned.into_iter().filter(|task| !needed.contains(task)).collect();
                needed.extend(others);
                needed.sort_unstable();
            }
            after = before;
        }
        way.reverse();
        way
    }

    /// The steps that lead to a state from the start, each with the state before it.
    pub fn way_to(&self, state: StateAt) -> Vec<(StateAt, u64)> {
        let mut way: Vec<(StateAt, u64)> = self.back_from(state).collect();
        way.reverse();
        way
    }

    /// The same, back to the start.
    fn back_from(&self, state: StateAt) -> impl Iterator<Item = (StateAt, u64)> {
        std::iter::successors(self.states[state].from, |(before, _)| self.states[*before].from)
    }
}

/// Whether a sorted list has all members of another one, each as often.
fn holds_all(all: &[TaskAt], others: &[TaskAt]) -> bool {
    let mut all = all.iter();
    others.iter().all(|other| all.by_ref().find(|task| *task >= other) == Some(other))
}

/// The members of a sorted list that another one lacks, as often as it does.
fn beside(all: &[TaskAt], others: &[TaskAt]) -> Vec<TaskAt> {
    let mut others = others.iter().peekable();
    let lacks = |task: &&TaskAt| {
        while others.next_if(|other| other < task).is_some() {}
        others.next_if_eq(task).is_none()
    };
    all.iter().filter(lacks).copied().collect()
}

/// A sorted list without some of its members, each as often as it occurs among them; none if one is missing.
pub(super) fn without(all: &[TaskAt], taken: &[TaskAt]) -> Option<Vec<TaskAt>> {
    let mut left = all.to_vec();
    for task in taken {
        let at = left.binary_search(task).ok()?;
        left.remove(at);
    }
    Some(left)
}
