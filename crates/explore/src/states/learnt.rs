//! What is known of steps: each was done by a run of the code once, and does the same wherever it meets the same.

use std::collections::HashMap;

use super::death::{Deaths, Loss};
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

/// What a step depends on: what these objects hold. The nodes that die with it are always the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    pub objects: Vec<ObjectAt>,
    pub dying: Vec<u64>,
    /// Whoever loses something by it touches the world: then it depends on all of them.
    pub company: bool,
}

/// What comes of a task that loses something.
#[derive(Debug)]
pub(super) enum Mourning {
    /// Where it stands afterwards, with those that it started.
    Stands(Vec<TaskAt>),
    /// It touches the world as it goes on, so what comes of it depends on more than itself.
    Touches,
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
    /// What comes of a task, by where it stood and what it lost.
    losses: HashMap<(TaskAt, Loss), Mourning>,
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
        let losses = (!self.dying.is_empty()).then(|| {
            let bonds = |task: &TaskAt| space.standpoints[*task].bonds;
            let deaths = Deaths::of(&self.dying, at.tasks.iter().map(bonds));
            let company = if self.company { &at.tasks[..] } else { &[] };
            let lost = company.iter().chain([&task]).map(|task| (*task, deaths.loss(&bonds(task))));
            lost.filter(|(_, loss)| !loss.is_none()).collect::<Vec<_>>()
        });
        Steady::of(&(held, space.asker(&at.tasks, task), losses))
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

    /// Where a task stood when others died, what it lost, and what came of it.
    pub fn mourns(&mut self, task: TaskAt, loss: Loss, mourning: Mourning) {
        self.losses.insert((task, loss), mourning);
    }

    /// The world and the tasks after a step, if it was done where it meets the same.
    pub fn after<W: World>(&self, space: &mut Space<W>, taking: Taking) -> Option<(usize, Vec<TaskAt>)> {
        let place = space.states[taking.state].place;
        let tasks = &space.states[taking.state].tasks;
        let (lesson, mut after) = self.lessons.get(&taking.step)?.iter().find_map(|lessons| {
            let met = lessons.by_meeting.get(&lessons.needs.met(space, taking))?;
            met.iter().find_map(|lesson| {
                let others = without(tasks, &lesson.left)?;
                Some((lesson, self.survivors(space, &lessons.needs, others)?))
            })
        })?;
        after.extend_from_slice(&lesson.came);
        Some((space.place_after(place, &lesson.changes), after))
    }

    /// What is left of tasks once nodes have died, if it is known of each what that means to it.
    fn survivors<W: World>(
        &self,
        space: &Space<W>,
        needs: &Needs,
        tasks: Vec<TaskAt>,
    ) -> Option<Vec<TaskAt>> {
        if needs.dying.is_empty() {
            return Some(tasks);
        }
        let bonds = |task: &TaskAt| space.standpoints[*task].bonds;
        let deaths = Deaths::of(&needs.dying, tasks.iter().map(bonds));
        let mut left = Vec::with_capacity(tasks.len());
        for task in tasks.iter().filter(|task| !deaths.is_dead(&bonds(task))) {
            let loss = deaths.loss(&bonds(task));
            if loss.is_none() || needs.company {
                left.push(*task);
                continue;
            }
            match self.losses.get(&(*task, loss))? {
                Mourning::Stands(stands) => left.extend_from_slice(stands),
                Mourning::Touches => return None,
            }
        }
        Some(left)
    }
}
