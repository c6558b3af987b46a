//! The worlds that a search has come to, as numbers: what each object holds in them, and what steps change.

use std::collections::HashMap;
use std::sync::Arc;

use super::list::{At, List};
use crate::by_hash::ByHash;
use crate::steady::{Steady, Sum};
use crate::world::{Content, World};

/// An object's place in the list of those that steps touched.
pub(super) type ObjectAt = At;

/// A world's place in the list of those that were come to.
pub(super) type PlaceAt = At;

/// What an object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holds {
    number: u64,
    /// It is a sum: a step that does not read it adds to it, whatever it was.
    sum: bool,
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
    pub world: Option<Arc<W>>,
    /// Whether it was judged.
    pub judged: bool,
    /// Whether a run ended here and was judged.
    pub rested: bool,
}

/// Every world that was come to.
pub(super) struct Worlds<W: World> {
    /// The world before the first step.
    origin: Arc<W>,
    objects: HashMap<W::Object, ObjectAt>,
    /// What each object held at first.
    at_first: List<Holds>,
    pub places: List<Place<W>>,
    by_number: ByHash<PlaceAt>,
}

impl<W: World> Worlds<W> {
    /// The first of them.
    pub fn of(origin: Arc<W>) -> Worlds<W> {
        let world = origin.is_whole().then(|| Arc::clone(&origin));
        let differs = Sum::default();
        let mut places = List::default();
        let first = places.push(Place { holds: Vec::new(), differs, world, judged: false, rested: false });
        let by_number = [(differs.number(), first)].into_iter().collect();
        Worlds { origin, objects: HashMap::new(), at_first: List::default(), places, by_number }
    }

    /// Whether an object holds something else in a world than is known of a place.
    pub fn differs(&self, place: PlaceAt, world: &W) -> bool {
        self.objects.iter().any(|(object, at)| holds(world, object).number != self.holds(place, *at))
    }

    pub fn object(&mut self, object: &W::Object) -> ObjectAt {
        if let Some(at) = self.objects.get(object) {
            return *at;
        }
        let at = self.at_first.push(holds(&*self.origin, object));
        self.objects.insert(object.clone(), at);
        at
    }

    /// What an object holds in a world.
    fn holds(&self, place: PlaceAt, object: ObjectAt) -> u64 {
        let held = self.places[place].holds.get(object as usize);
        held.copied().unwrap_or_else(|| self.at_first[object].number)
    }

    /// What some objects hold, as one number.
    pub fn held(&self, place: PlaceAt, objects: &[ObjectAt]) -> u64 {
        objects.iter().fold(0, |held, object| Steady::of(&(held, self.holds(place, *object))))
    }

    /// What something depended on that read some objects and wrote others, and how it changed which: `world` was at
    /// `place` before.
    pub fn effect(
        &mut self,
        (place, world): (PlaceAt, &W),
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
    pub fn keep(&mut self, place: PlaceAt, world: &Arc<W>) -> bool {
        let keeps = self.places[place].world.is_none() && world.is_whole();
        if keeps {
            self.places[place].world = Some(Arc::clone(world));
        }
        keeps
    }

    /// The place in which objects hold something else.
    pub fn after(&mut self, place: PlaceAt, changes: &[(ObjectAt, Change)]) -> PlaceAt {
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
        let next = self.places.next();
        let found = *self.by_number.entry(differs.number()).or_insert(next);
        if found == next {
            let mut holds = self.places[place].holds.clone();
            holds.extend(self.at_first.iter().skip(holds.len()).map(|first| first.number));
            changed.iter().for_each(|(object, _, after)| holds[*object as usize] = *after);
            self.places.push(Place { holds, differs, world: None, judged: false, rested: false });
        }
        let holds = |(object, _, after): &(ObjectAt, u64, u64)| self.holds(found, *object) == *after;
        assert!(changed.iter().all(holds), "no two worlds have one number");
        found
    }
}

fn holds<W: World>(world: &W, object: &W::Object) -> Holds {
    match world.content(object) {
        Content::Whole(number) => Holds { number, sum: false },
        Content::Sum(number) => Holds { number, sum: true },
        Content::Unknown => panic!("a world in which states are told apart says what {object} holds"),
    }
}
