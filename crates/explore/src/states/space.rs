//! The states that a search has come to, as numbers: which worlds there are, where tasks can stand, and each pair of a
//! world and tasks that occurred.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::learnt::Change;
use crate::executor::{Stance, Waiting};
use crate::footprint::{Steady, Sum};
use crate::standing::Bonds;
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

/// A state of the world.
#[derive(Debug)]
pub(super) struct Place {
    /// What each object holds. Those that were touched only later hold what they held at first.
    holds: Vec<u64>,
    /// The sum of all that holds something else than at first.
    differs: Sum,
    /// Whether a run came here and was judged.
    pub judged: bool,
    /// Whether a run ended here and was judged.
    pub rested: bool,
}

/// A step that a task waits for, and what its gate is read from.
#[derive(Debug, Clone)]
pub(super) struct Await {
    pub step: u64,
    pub gate: Vec<ObjectAt>,
}

/// Where a task can stand.
#[derive(Debug)]
pub(super) struct Standpoint {
    pub bonds: Bonds,
    pub steps: Vec<Await>,
}

/// A state: a world, and where every task stands.
#[derive(Debug)]
pub(super) struct State {
    pub place: usize,
    /// In ascending order: tasks that stand at the same are alike.
    pub tasks: Box<[TaskAt]>,
    /// The state before, and the step from there.
    from: Option<(usize, u64)>,
}

#[derive(Debug)]
pub(super) struct Space<W: World> {
    /// The world before the first step.
    origin: W,
    objects: HashMap<W::Object, ObjectAt>,
    /// What each object held at first.
    at_first: Vec<Holds>,
    pub places: Vec<Place>,
    places_by: ByHash<usize>,
    pub standpoints: Vec<Standpoint>,
    standpoints_by: ByHash<TaskAt>,
    pub states: Vec<State>,
    states_by: ByHash<usize>,
}

impl<W: World> Space<W> {
    pub fn of(origin: W) -> Space<W> {
        let differs = Sum::default();
        let first = Place { holds: Vec::new(), differs, judged: false, rested: false };
        Space {
            origin,
            objects: HashMap::new(),
            at_first: Vec::new(),
            places: vec![first],
            places_by: [(differs.number(), 0)].into_iter().collect(),
            standpoints: Vec::new(),
            standpoints_by: ByHash::default(),
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

    pub fn is_sum(&self, object: ObjectAt) -> bool {
        self.at_first[object].sum
    }

    /// What an object holds in a world.
    pub fn holds(&self, place: usize, object: ObjectAt) -> u64 {
        let held = self.places[place].holds.get(object);
        held.copied().unwrap_or_else(|| self.at_first[object].number)
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
            self.places.push(Place { holds, differs, judged: false, rested: false });
        }
        found
    }

    /// Where a task stands. `steps` are asked for if nobody stood there before.
    pub fn standpoint(&mut self, at: &Stance, steps: impl FnOnce() -> Vec<Waiting<W::Object>>) -> TaskAt {
        if let Some(found) = self.standpoints_by.get(&at.number) {
            return *found;
        }
        let mut waits = |waiting: Waiting<W::Object>| {
            let gate = waiting.gate.iter().flatten().map(|object| self.object(object)).collect();
            Await { step: waiting.number, gate }
        };
        let steps = steps().into_iter().map(&mut waits).collect();
        self.standpoints.push(Standpoint { bonds: at.bonds, steps });
        self.standpoints_by.insert(at.number, self.standpoints.len() - 1);
        self.standpoints.len() - 1
    }

    /// The standpoints of the tasks of a run, in ascending order.
    pub fn tasks(
        &mut self,
        stances: &[Stance],
        steps: impl Fn(usize) -> Vec<Waiting<W::Object>>,
    ) -> Vec<TaskAt> {
        let stands = stances.iter().map(|stance| self.standpoint(stance, || steps(stance.task)));
        let mut tasks: Vec<TaskAt> = stands.collect();
        tasks.sort_unstable();
        tasks
    }

    /// The task that waits for the result of another.
    pub fn asker(&self, tasks: &[TaskAt], asked: TaskAt) -> Option<TaskAt> {
        let awaited = self.standpoints[asked].bonds.awaited?;
        tasks.iter().find(|task| self.standpoints[**task].bonds.kind == awaited.by).copied()
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
            self.states.push(State { place, tasks: tasks.into(), from });
        }
        (found, found == next)
    }

    /// The steps that lead to a state, from the start.
    pub fn way_to(&self, state: usize) -> Vec<u64> {
        let before = |(state, _): &(usize, u64)| self.states[*state].from;
        let back = std::iter::successors(self.states[state].from, before);
        let mut way: Vec<u64> = back.map(|(_, step)| step).collect();
        way.reverse();
        way
    }
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
