//! What is known of steps: each was done by a run of the code once, and does the same wherever it meets the same.

use super::death::{Deaths, Loss};
use super::space::{ByHash, ObjectAt, Space, TaskAt, without};
use std::collections::HashMap;

use crate::footprint::Steady;
use crate::world::World;

/// How a step changes an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// It holds this afterwards.
    Set(u64),
    /// It is a sum, and holds so much more afterwards.
    Add(u64),
}

/// What a step depends on: what these objects hold. The nodes that die with it are always the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    pub objects: Vec<ObjectAt>,
    pub dying: Vec<u64>,
}

/// What a step does where it meets the same.
#[derive(Debug)]
pub(super) struct Lesson {
    pub changes: Vec<(ObjectAt, Change)>,
    /// Where the tasks stood that it moved, and where they stand afterwards, those that it started included.
    pub left: Vec<TaskAt>,
    pub came: Vec<TaskAt>,
}

/// Lessons of a step that depended on the same things, by how it met them.
#[derive(Debug)]
struct Lessons {
    needs: Needs,
    by_meeting: ByHash<Vec<Lesson>>,
}

/// Everything that runs have shown.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    lessons: ByHash<Vec<Lessons>>,
    /// Where a task stands after a loss, those that it started included.
    losses: HashMap<(TaskAt, Loss), Vec<TaskAt>>,
    /// Whether a step can happen, by the step and what its gate is read from.
    gates: ByHash<bool>,
}

/// A step that a task waits for in a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking {
    pub state: usize,
    pub task: TaskAt,
    pub step: u64,
}

impl Needs {
    /// How a step meets what it depends on, the task that waits for its result included.
    fn met<W: World>(&self, space: &Space<W>, Taking { state, task, .. }: Taking) -> u64 {
        let at = &space.states[state];
        let held: Vec<u64> = self.objects.iter().map(|object| space.holds(at.place, *object)).collect();
        let loss = (!self.dying.is_empty()).then(|| {
            let bonds = |task: &TaskAt| space.standpoints[*task].bonds;
            Deaths::of(&self.dying, at.tasks.iter().map(bonds)).loss(&bonds(&task))
        });
        Steady::of(&(held, space.asker(&at.tasks, task), loss))
    }
}

fn gate_of<W: World>(space: &Space<W>, place: usize, step: u64, reads: &[ObjectAt]) -> u64 {
    let held = reads.iter().map(|object| space.holds(place, *object));
    held.fold(step, |gate, held| Steady::of(&(gate, held)))
}

impl Learnt {
    pub fn is_open<W: World>(
        &self,
        space: &Space<W>,
        place: usize,
        step: u64,
        reads: &[ObjectAt],
    ) -> Option<bool> {
        self.gates.get(&gate_of(space, place, step, reads)).copied()
    }

    pub fn gate<W: World>(
        &mut self,
        space: &Space<W>,
        place: usize,
        (step, open): (u64, bool),
        reads: &[ObjectAt],
    ) {
        self.gates.insert(gate_of(space, place, step, reads), open);
    }

    pub fn add<W: World>(&mut self, space: &Space<W>, taking: Taking, needs: Needs, lesson: Lesson) {
        let met = needs.met(space, taking);
        let all = self.lessons.entry(taking.step).or_default();
        let at = all.iter().position(|lessons| lessons.needs == needs).unwrap_or_else(|| {
            all.push(Lessons { needs, by_meeting: ByHash::default() });
            all.len() - 1
        });
        all[at].by_meeting.entry(met).or_default().push(lesson);
    }

    /// Where a task stood when others died, what it lost, and where it stands afterwards.
    pub fn mourns(&mut self, task: TaskAt, loss: Loss, came: Vec<TaskAt>) {
        self.losses.insert((task, loss), came);
    }

    /// The world and the tasks after a step, if it was done where it meets the same.
    pub fn after<W: World>(&self, space: &mut Space<W>, taking: Taking) -> Option<(usize, Vec<TaskAt>)> {
        let place = space.states[taking.state].place;
        let tasks = &space.states[taking.state].tasks;
        let (lesson, dying, others) = self.lessons.get(&taking.step)?.iter().find_map(|lessons| {
            let met = lessons.by_meeting.get(&lessons.needs.met(space, taking))?;
            let dying = &lessons.needs.dying;
            met.iter().find_map(|lesson| Some((lesson, dying, without(tasks, &lesson.left)?)))
        })?;
        let mut after = if dying.is_empty() { others } else { self.survivors(space, dying, &others)? };
        after.extend_from_slice(&lesson.came);
        Some((space.place_after(place, &lesson.changes), after))
    }

    /// What is left of tasks once nodes have died, if it is known of each what that means to it.
    fn survivors<W: World>(&self, space: &Space<W>, dying: &[u64], tasks: &[TaskAt]) -> Option<Vec<TaskAt>> {
        let bonds = |task: &TaskAt| space.standpoints[*task].bonds;
        let deaths = Deaths::of(dying, tasks.iter().map(bonds));
        let mut left = Vec::with_capacity(tasks.len());
        for task in tasks.iter().filter(|task| !deaths.is_dead(&bonds(task))) {
            let loss = deaths.loss(&bonds(task));
            if loss.is_none() {
                left.push(*task);
            } else {
                left.extend_from_slice(self.losses.get(&(*task, loss))?);
            }
        }
        Some(left)
    }
}
