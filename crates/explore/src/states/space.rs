//! The states that a search has come to, as numbers: which worlds there are, where tasks can stand, and each pair of a
//! world and tasks that occurred.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::executor::{Act, Name, Open, Stance, Waiting, stance_number, step_number};
use crate::footprint::{Steady, Sum};
use crate::standing::{Bonds, Heard};
use crate::world::{Content, World};

/// Hashes are not hashed again.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A map from hashes.
pub(super) type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Hashed>>;

/// An object's place in the list of those that steps touched.
pub(super) type ObjectAt = usize;

/// The place of a standpoint in the list of those where tasks stood.
pub(super) type TaskAt = usize;

/// What an object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holds {
    pub number: u64,
    /// It is a sum: a step that does not read it adds to it, whatever it was.
    pub sum: bool,
}

/// How something changes an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// It holds this afterwards.
    Set(u64),
    /// It is a sum, and holds so much more afterwards.
    Add(u64),
}

/// A state of the world.
pub(super) struct Place<W> {
    /// What each object holds. Those that were touched only later hold what they held at first.
    holds: Vec<u64>,
    /// The sum of all that holds something else than at first.
    differs: Sum,
    /// A world that holds this; none where nobody came here yet, and where a clone is no world of its own.
    pub world: Option<W>,
    /// Whether it was judged.
    pub judged: bool,
    /// Whether a run ended here and was judged.
    pub rested: bool,
}

/// A step that a task waits for, and what its gate is read from.
pub(super) struct Await<W: World> {
    pub step: u64,
    /// The same wherever its task stands that is calm, once that heard more.
    pub calm: Option<u64>,
    label: Name,
    about: u64,
    pub gate: Vec<ObjectAt>,
    pub open: Option<Open<W>>,
    pub act: Act<W>,
    /// Whether nodes die with it.
    pub kills: bool,
}

/// Where a task can stand.
pub(super) struct Standpoint<W: World> {
    pub bonds: Bonds,
    pub heard: Heard,
    pub steps: Vec<Await<W>>,
}

/// A state: a world, and where every task stands.
#[derive(Debug)]
pub(super) struct State {
    pub place: usize,
    /// In ascending order: tasks that stand at the same are alike.
    pub tasks: Box<[TaskAt]>,
    /// How many steps it was come to by.
    pub depth: usize,
    /// The state before, and the step from there.
    from: Option<(usize, u64)>,
}

pub(super) struct Space<W: World> {
    /// The world before the first step.
    origin: W,
    objects: HashMap<W::Object, ObjectAt>,
    /// What each object held at first.
    at_first: Vec<Holds>,
    pub places: Vec<Place<W>>,
    places_by: ByHash<usize>,
    pub standpoints: Vec<Standpoint<W>>,
    standpoints_by: ByHash<TaskAt>,
    /// Where calm tasks stand once they heard more.
    hearings: ByHash<TaskAt>,
    pub states: Vec<State>,
    states_by: ByHash<usize>,
}

impl<W: World> Await<W> {
    /// The same step, where its task stands elsewhere.
    fn numbered(&self, step: u64) -> Await<W> {
        let Await { label, about, gate, open, act, kills, .. } = self;
        let (label, gate, open, act) = (label.clone(), gate.clone(), open.clone(), Arc::clone(act));
        Await { step, calm: None, label, about: *about, gate, open, act, kills: *kills }
    }
}

impl<W: World> Space<W> {
    pub fn of(origin: W) -> Space<W> {
        let differs = Sum::default();
        let world = origin.is_whole().then(|| origin.clone());
        let first = Place { holds: Vec::new(), differs, world, judged: false, rested: false };
        Space {
            origin,
            objects: HashMap::new(),
            at_first: Vec::new(),
            places: vec![first],
            places_by: [(differs.number(), 0)].into_iter().collect(),
            standpoints: Vec::new(),
            standpoints_by: ByHash::default(),
            hearings: ByHash::default(),
            states: Vec::new(),
            states_by: ByHash::default(),
        }
    }

    /// An object that holds something else than is known of it, if there is one.
    pub fn differs(&self, place: usize, world: &W) -> Option<&W::Object> {
        let differs =
            |(object, at): &(&W::Object, &ObjectAt)| holds(world, object).number != self.holds(place, **at);
        self.objects.iter().find(differs).map(|(object, _)| object)
    }

    pub fn object(&mut self, object: &W::Object) -> ObjectAt {
        if let Some(at) = self.objects.get(object) {
            return *at;
        }
        let at = self.at_first.len();
        self.at_first.push(holds(&self.origin, object));
        self.objects.insert(object.clone(), at);
        at
    }

    /// What an object holds in a world.
    pub fn holds(&self, place: usize, object: ObjectAt) -> u64 {
        let held = self.places[place].holds.get(object);
        held.copied().unwrap_or_else(|| self.at_first[object].number)
    }

    /// What some objects hold, as one number.
    pub fn held(&self, place: usize, objects: &[ObjectAt]) -> u64 {
        objects.iter().fold(0, |held, object| Steady::of(&(held, self.holds(place, *object))))
    }

    /// What something depended on that read some objects and wrote others, and how it changed which: `world` was at
    /// `place` before.
    pub fn effect(
        &mut self,
        (place, world): (usize, &W),
        (reads, writes): (&[W::Object], &[W::Object]),
    ) -> (Vec<ObjectAt>, Vec<(ObjectAt, Change)>) {
        let mut needs: Vec<ObjectAt> = reads.iter().map(|object| self.object(object)).collect();
        let mut changes: Vec<(ObjectAt, Change)> = Vec::new();
        for name in writes {
            let object = self.object(name);
            if changes.iter().any(|(known, _)| *known == object) {
                continue;
            }
            let (old, new) = (self.holds(place, object), holds(world, name).number);
            if self.at_first[object].sum {
                changes.push((object, Change::Add(new.wrapping_sub(old))));
            } else {
                needs.push(object);
                changes.push((object, Change::Set(new)));
            }
        }
        needs.sort_unstable();
        needs.dedup();
        (needs, changes)
    }

    /// Keeps a world of a place, if there is none yet. Answers whether it did.
    pub fn keep(&mut self, place: usize, world: &W) -> bool {
        let keeps = self.places[place].world.is_none() && world.is_whole();
        if keeps {
            self.places[place].world = Some(world.clone());
        }
        keeps
    }

    /// The world in which objects hold something else.
    pub fn place_after(&mut self, place: usize, changes: &[(ObjectAt, Change)]) -> usize {
        let mut differs = self.places[place].differs;
        let after = |(object, change): &(ObjectAt, Change)| {
            let before = self.holds(place, *object);
            let after = match change {
                Change::Set(number) => *number,
                Change::Add(more) => before.wrapping_add(*more),
            };
            (*object, before, after)
        };
        let changed: Vec<_> =
            changes.iter().map(after).filter(|(_, before, after)| before != after).collect();
        for (object, before, after) in &changed {
            // What holds what it held at first does not count, so that it does not matter which objects are known.
            let first = self.at_first[*object].number;
            if *before != first {
                differs.subtract(Steady::of(&(object, before)));
            }
            if *after != first {
                differs.add(Steady::of(&(object, after)));
            }
        }
        let next = self.places.len();
        let found = *self.places_by.entry(differs.number()).or_insert(next);
        if found == next {
            let mut holds = self.places[place].holds.clone();
            let known = holds.len();
            holds.extend(self.at_first.iter().skip(known).map(|first| first.number));
            changed.iter().for_each(|(object, _, after)| holds[*object] = *after);
            self.places.push(Place { holds, differs, world: None, judged: false, rested: false });
        }
        found
    }

    /// Where a task stands. `steps` are asked for if nobody stood there before.
    pub fn standpoint(&mut self, at: &Stance, steps: impl FnOnce() -> Vec<Waiting<W>>) -> TaskAt {
        if let Some(found) = self.standpoints_by.get(&at.number) {
            return *found;
        }
        let mut waits = |Waiting { number: step, label, about, gate, open, act, kills }: Waiting<W>| {
            let gate = gate.iter().map(|object| self.object(object)).collect();
            Await { step, calm: None, label, about, gate, open, act, kills }
        };
        let steps = steps().into_iter().map(&mut waits).collect();
        self.stand(at.number, Standpoint { bonds: at.bonds, heard: at.heard, steps })
    }

    fn stand(&mut self, number: u64, mut standpoint: Standpoint<W>) -> TaskAt {
        if let Some(before) = standpoint.heard.calmly() {
            for waits in &mut standpoint.steps {
                let number = ("calm", standpoint.bonds.kind, before, &waits.label, waits.about);
                waits.calm = Some(Steady::of(&number));
            }
        }
        self.standpoints.push(standpoint);
        self.standpoints_by.insert(number, self.standpoints.len() - 1);
        self.standpoints.len() - 1
    }

    /// Where a calm task stands once it heard more. If it was told what came of a step of its own, it does not wait for
    /// that any longer.
    pub fn hears(&mut self, task: TaskAt, more: Sum, own: Option<u64>) -> TaskAt {
        let hearing = Steady::of(&(task, more, own));
        if let Some(found) = self.hearings.get(&hearing) {
            return *found;
        }
        let Standpoint { bonds, heard, steps: waiting } = &self.standpoints[task];
        let heard = heard.and(more);
        let bonds = Bonds { stands: heard.stands(bonds.kind, bonds.awaited), ..*bonds };
        let waiting = waiting.iter().filter(|waits| Some(waits.step) != own);
        let number = |waits: &Await<W>| step_number(bonds.stands, &waits.label, waits.about);
        let stance = stance_number(bonds.stands, waiting.clone().map(number));
        let steps = waiting.map(|waits| waits.numbered(number(waits))).collect();
        let known = self.standpoints_by.get(&stance).copied();
        let found = known.unwrap_or_else(|| self.stand(stance, Standpoint { bonds, heard, steps }));
        self.hearings.insert(hearing, found);
        found
    }

    fn waits(&self, task: TaskAt, step: u64) -> &Await<W> {
        let steps = &self.standpoints[task].steps;
        steps.iter().find(|waits| waits.step == step).expect("it is one of the steps that the task waits for")
    }

    /// What a step does that a task waits for.
    pub fn act(&self, task: TaskAt, step: u64) -> &Act<W> {
        &self.waits(task, step).act
    }

    pub fn kills(&self, task: TaskAt, step: u64) -> bool {
        self.waits(task, step).kills
    }

    /// The standpoints of the tasks of a run, in ascending order.
    pub fn tasks(&mut self, stances: &[Stance], steps: impl Fn(usize) -> Vec<Waiting<W>>) -> Vec<TaskAt> {
        let stands = stances.iter().map(|stance| self.standpoint(stance, || steps(stance.task)));
        let mut tasks: Vec<TaskAt> = stands.collect();
        tasks.sort_unstable();
        tasks
    }

    /// The task that waits for the result of another: each that it may be, where several are of its node and name.
    pub fn askers<'t>(
        &self,
        tasks: &'t [TaskAt],
        asked: TaskAt,
    ) -> impl Iterator<Item = TaskAt> + use<'_, 't, W> {
        let by = self.standpoints[asked].bonds.awaited.map(|awaited| awaited.by);
        let may = move |task: &&TaskAt| Some(self.standpoints[**task].bonds.kind) == by;
        tasks.iter().filter(may).copied()
    }

    /// The task that waits for the result of another, if there is no doubt which.
    pub fn asker(&self, tasks: &[TaskAt], asked: TaskAt) -> Option<TaskAt> {
        let mut askers = self.askers(tasks, asked);
        askers.next().filter(|_| askers.next().is_none())
    }

    /// The tasks that a step concerns: the one that does it, the one that waits for that one's result, and those whose
    /// results these two wait for, which learn of it if they do so no longer.
    pub fn concerned(&self, tasks: &[TaskAt], doer: TaskAt) -> Vec<TaskAt> {
        let mut concerned: Vec<TaskAt> = self.askers(tasks, doer).chain([doer]).collect();
        let bonds = |task: &TaskAt| self.standpoints[*task].bonds;
        let wait: Vec<u64> = concerned.iter().map(|task| bonds(task).kind).collect();
        let asked = |task: &&TaskAt| bonds(task).awaited.is_some_and(|awaited| wait.contains(&awaited.by));
        concerned.extend(tasks.iter().filter(asked));
        concerned.sort_unstable();
        concerned.dedup();
        concerned
    }

    /// The state of a world and tasks, and whether it is a new one.
    pub fn state(
        &mut self,
        place: usize,
        mut tasks: Vec<TaskAt>,
        from: Option<(usize, u64)>,
    ) -> (usize, bool) {
        tasks.sort_unstable();
        let next = self.states.len();
        let found = *self.states_by.entry(Steady::of(&(place, &tasks))).or_insert(next);
        if found == next {
            let depth = from.map_or(0, |(before, _)| self.states[before].depth + 1);
            self.states.push(State { place, tasks: tasks.into(), depth, from });
        }
        (found, found == next)
    }

    /// Where tasks stand in a state that did not in the one before.
    pub fn came(&self, before: usize, after: usize) -> Vec<TaskAt> {
        beside(&self.states[after].tasks, &self.states[before].tasks)
    }

    /// Of the steps that lead to a state, those that some of its tasks come by.
    pub fn way_of(&self, state: usize, tasks: &[TaskAt]) -> Vec<(usize, u64)> {
        let (mut needed, mut after, mut way) = (tasks.to_vec(), state, Vec::new());
        for (before, step) in self.way_to(state).into_iter().rev() {
            if !holds_all(&self.states[before].tasks, &needed) {
                for task in self.came(before, after) {
                    needed.iter().position(|needed| *needed == task).map(|at| needed.remove(at));
                }
                needed.extend(self.came(after, before));
                needed.sort_unstable();
                way.push((before, step));
            }
            after = before;
        }
        way.reverse();
        way
    }

    /// The steps that lead to a state from the start, each with the state before it.
    pub fn way_to(&self, state: usize) -> Vec<(usize, u64)> {
        let before = |(state, _): &(usize, u64)| self.states[*state].from;
        let back = std::iter::successors(self.states[state].from, before);
        let mut way: Vec<(usize, u64)> = back.collect();
        way.reverse();
        way
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

pub(super) fn holds<W: World>(world: &W, object: &W::Object) -> Holds {
    match world.content(object) {
        Content::Whole(number) => Holds { number, sum: false },
        Content::Sum(number) => Holds { number, sum: true },
        Content::Unknown => panic!("a world in which states are told apart says what {object} holds"),
    }
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
