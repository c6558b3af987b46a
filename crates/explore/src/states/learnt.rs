//! What is known of what tasks make of their steps' answers: a run of the code went on from each once, and any other
//! goes on alike wherever it meets the same.

use std::collections::HashMap;

use super::death::{Deaths, Loss};
use super::deed::Done;
use super::space::{Space, StateAt, without};
use super::standpoints::TaskAt;
use super::worlds::{Change, ObjectAt, PlaceAt, Worlds};
use crate::by_hash::ByHash;
use crate::steady::{Steady, Sum};
use crate::world::World;

/// What decides how tasks go on: what these objects hold, which they touch. The nodes that die with a step are always
/// the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    pub objects: Vec<ObjectAt>,
    pub dying: Vec<u64>,
    /// Somebody who lost something by it touched the world or told others: then it holds only where the same ones lose
    /// the same.
    pub company: bool,
    pub hears: Hears,
}

/// How much of the task counts that waits for the result of the one that does the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    /// Nothing: it is not told of the step.
    Nothing,
    /// It is told while it is calm: it matters what it knew before all that waits for it.
    Calmly,
    /// It runs on, so it matters where it stands.
    All,
}

/// What comes of a task that loses something.
#[derive(Debug)]
pub(super) enum Mourning {
    /// Where it stands afterwards, with those that it started.
    Stands(Vec<TaskAt>),
    /// It touches the world as it goes on, or tells others, so what comes of it depends on more than itself.
    Reaches,
}

/// How tasks go on where they meet the same.
#[derive(Debug)]
pub(super) struct Lesson {
    /// What they changed as they touched it.
    pub changes: Vec<(ObjectAt, Change)>,
    pub went: Went,
}

/// Which tasks a step moves.
#[derive(Debug)]
pub(super) struct Went {
    /// Where tasks stood that ran on, and where they stand afterwards, those that they started included.
    pub left: Vec<TaskAt>,
    pub came: Vec<TaskAt>,
    /// What the task that does the step hears of it, if it is calm.
    pub own: Option<Sum>,
    /// What the one that waits for its result is told, if that one is calm.
    pub tells: Option<Sum>,
}

/// Lessons that depended on the same things, by how they were met.
#[derive(Debug)]
struct Lessons {
    needs: Needs,
    by_meeting: ByHash<Vec<Lesson>>,
}

/// Everything that runs have shown.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// By the step and what it answered.
    lessons: ByHash<Vec<Lessons>>,
    /// The steps and answers after which some task touched the world as it went on.
    touching: ByHash<()>,
    /// What comes of a task, by where it stood and what it lost.
    losses: HashMap<(TaskAt, Loss), Mourning>,
    /// Whether a step can happen, by the step and what its gate is read from.
    gates: ByHash<bool>,
}

/// A step that a task waits for in a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking {
    pub state: StateAt,
    pub task: TaskAt,
    pub step: u64,
    /// If its task is calm, the number that the step has whatever the task has heard since it is.
    pub calm: Option<u64>,
}

impl Needs {
    /// How a step that left a world meets what it depends on; none if it does not.
    fn met<W: World>(
        &self,
        space: &Space<W>,
        Taking { state, task, .. }: Taking,
        place: PlaceAt,
    ) -> Option<u64> {
        let at = &space.states[state];
        let held = space.worlds.held(place, &self.objects);
        let losses = (!self.dying.is_empty()).then(|| {
            let bonds = |task: &TaskAt| space.standpoints[*task].bonds;
            let deaths = Deaths::of(&self.dying, at.tasks.iter().map(bonds));
            let company = if self.company { &at.tasks[..] } else { &[] };
            let lost = company.iter().chain([&task]).map(|task| (*task, deaths.loss(&bonds(task))));
            lost.filter(|(_, loss)| !loss.is_none()).collect::<Vec<_>>()
        });
        let asker = match self.hears {
            Hears::Nothing => None,
            Hears::Calmly => {
                Some(space.standpoints[space.standpoints.asker(&at.tasks, task)?].heard.calmly()?)
            }
            Hears::All => Some(Steady::of(&space.standpoints.askers(&at.tasks, task).collect::<Vec<_>>())),
        };
        Some(Steady::of(&(held, asker, losses)))
    }
}

fn gate_of<W: World>(worlds: &Worlds<W>, place: PlaceAt, step: u64, reads: &[ObjectAt]) -> u64 {
    Steady::of(&(step, worlds.held(place, reads)))
}

fn heard(step: u64, done: Done) -> u64 {
    Steady::of(&(step, done.answer))
}

impl Learnt {
    pub fn is_open<W: World>(
        &self,
        worlds: &Worlds<W>,
        place: PlaceAt,
        step: u64,
        reads: &[ObjectAt],
    ) -> Option<bool> {
        self.gates.get(&gate_of(worlds, place, step, reads)).copied()
    }

    pub fn gate<W: World>(
        &mut self,
        worlds: &Worlds<W>,
        place: PlaceAt,
        (step, open): (u64, bool),
        reads: &[ObjectAt],
    ) {
        self.gates.insert(gate_of(worlds, place, step, reads), open);
    }

    pub fn add<W: World>(
        &mut self,
        space: &Space<W>,
        (taking, done): (Taking, Done),
        needs: Needs,
        lesson: Lesson,
    ) {
        if !needs.objects.is_empty() {
            self.touching.insert(heard(taking.step, done), ());
        }
        let Some(met) = needs.met(space, taking, done.place) else { return };
        let calm = lesson.went.own.and(taking.calm);
        let all = self.lessons.entry(heard(calm.unwrap_or(taking.step), done)).or_default();
        let at = all.iter().position(|lessons| lessons.needs == needs).unwrap_or_else(|| {
            all.push(Lessons { needs, by_meeting: ByHash::default() });
            all.len() - 1
        });
        all[at].by_meeting.entry(met).or_default().push(lesson);
    }

    /// Whether a task ever touched the world as it went on from a step that answered so.
    pub fn touches(&self, step: u64, done: Done) -> bool {
        self.touching.contains_key(&heard(step, done))
    }

    /// Where a task stood when others died, what it lost, and what came of it.
    pub fn mourns(&mut self, task: TaskAt, loss: Loss, mourning: Mourning) {
        self.losses.insert((task, loss), mourning);
    }

    /// The world and the tasks after a step that was done, if tasks went on from it where they met the same.
    pub fn after<W: World>(
        &self,
        space: &mut Space<W>,
        taking: Taking,
        done: Done,
    ) -> Option<(PlaceAt, Vec<TaskAt>)> {
        let tasks = &space.states[taking.state].tasks;
        let steps = taking.calm.into_iter().chain([taking.step]);
        let all = steps.filter_map(|step| self.lessons.get(&heard(step, done))).flatten();
        let (lesson, mut after) =
            all.into_iter().find_map(|lessons| self.met(space, (taking, done), lessons))?;
        let asker = space.standpoints.asker(tasks, taking.task);
        let Went { came, own, tells, .. } = &lesson.went;
        let mut hears = |task: TaskAt, more: Sum, own: Option<u64>| {
            let at = after.iter().position(|other| *other == task).expect("who only hears does not leave");
            after[at] = space.standpoints.hears(task, more, own);
        };
        own.iter().for_each(|more| hears(taking.task, *more, Some(taking.step)));
        asker.zip(*tells).into_iter().for_each(|(asker, more)| hears(asker, more, None));
        after.extend_from_slice(came);
        Some((space.worlds.after(done.place, &lesson.changes), after))
    }

    /// A lesson that a step meets, and the tasks that it does not move.
    fn met<'l, W: World>(
        &self,
        space: &Space<W>,
        (taking, done): (Taking, Done),
        lessons: &'l Lessons,
    ) -> Option<(&'l Lesson, Vec<TaskAt>)> {
        let met = lessons.needs.met(space, taking, done.place)?;
        lessons.by_meeting.get(&met)?.iter().find_map(|lesson| {
            let others = without(&space.states[taking.state].tasks, &lesson.went.left)?;
            Some((lesson, self.survivors(space, &lessons.needs, others)?))
        })
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
                Mourning::Reaches => return None,
            }
        }
        Some(left)
    }
}
