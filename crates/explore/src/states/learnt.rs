//! What is known of steps: each was done by a run of the code once, and does the same wherever it meets the same.

use super::space::{ByHash, ObjectAt, Space, TaskAt, without};
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

/// What a step depends on: what these objects hold, and whom it concerns that these nodes die.
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
        Steady::of(&(held, space.concerned(&at.tasks, &self.dying), space.asker(&at.tasks, task)))
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

    /// The world and the tasks after a step, if it was done where it meets the same.
    pub fn after<W: World>(&self, space: &mut Space<W>, taking: Taking) -> Option<(usize, Vec<TaskAt>)> {
        let place = space.states[taking.state].place;
        let tasks = &space.states[taking.state].tasks;
        let (lesson, mut after) = self.lessons.get(&taking.step)?.iter().find_map(|lessons| {
            let met = lessons.by_meeting.get(&lessons.needs.met(space, taking))?;
            met.iter().find_map(|lesson| Some((lesson, without(tasks, &lesson.left)?)))
        })?;
        after.extend_from_slice(&lesson.came);
        Some((space.place_after(place, &lesson.changes), after))
    }
}
