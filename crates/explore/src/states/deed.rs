//! What steps do to worlds. A step's act follows from what it reads and from nothing else, so it is enough that the
//! code does it once in a world that holds the same there: in no run, for its task need not hear of it.

use super::worlds::{Change, ObjectAt, PlaceAt, Worlds};
use crate::by_hash::ByHash;
use crate::executor::Answer;
use crate::steady::Steady;
use crate::world::World;

/// What a step does where it meets the same.
#[derive(Debug)]
pub(super) struct Deed {
    /// What it answers, as a number, and the answer itself if a run can be made to go on from it.
    pub number: u64,
    pub answer: Option<Answer>,
    pub changes: Vec<(ObjectAt, Change)>,
}

/// What a step answered, and the world that it left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub answer: u64,
    pub place: PlaceAt,
}

/// Deeds of a step that depended on the same objects, by what these held.
#[derive(Debug)]
struct Alike {
    needs: Vec<ObjectAt>,
    by_held: ByHash<Deed>,
}

/// Everything that steps were seen to do.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    by_step: ByHash<Vec<Alike>>,
    /// The same, by the world and the step.
    done: ByHash<Done>,
}

impl Deeds {
    /// What a step does in a world, if it was done where it meets the same.
    pub fn of<W: World>(&mut self, worlds: &mut Worlds<W>, place: PlaceAt, step: u64) -> Option<Done> {
        let here = Steady::of(&(place, step));
        if let Some(done) = self.done.get(&here) {
            return Some(*done);
        }
        let deed = self.deed(worlds, place, step)?;
        let done = Done { answer: deed.number, place: worlds.after(place, &deed.changes) };
        self.done.insert(here, done);
        Some(done)
    }

    /// What a step answers that was done where it meets the same.
    pub fn answer<W: World>(&self, worlds: &Worlds<W>, place: PlaceAt, step: u64) -> Option<&Answer> {
        self.deed(worlds, place, step)?.answer.as_ref()
    }

    fn deed<W: World>(&self, worlds: &Worlds<W>, place: PlaceAt, step: u64) -> Option<&Deed> {
        let met = |alike: &'_ Alike| worlds.held(place, &alike.needs);
        self.by_step.get(&step)?.iter().find_map(|alike| alike.by_held.get(&met(alike)))
    }

    /// A step was done in a world.
    pub fn add<W: World>(
        &mut self,
        worlds: &mut Worlds<W>,
        (place, step): (PlaceAt, u64),
        needs: Vec<ObjectAt>,
        deed: Deed,
    ) -> Done {
        let done = Done { answer: deed.number, place: worlds.after(place, &deed.changes) };
        let held = worlds.held(place, &needs);
        let all = self.by_step.entry(step).or_default();
        let at = all.iter().position(|alike| alike.needs == needs).unwrap_or_else(|| {
            all.push(Alike { needs, by_held: ByHash::default() });
            all.len() - 1
        });
        all[at].by_held.insert(held, deed);
        self.done.insert(Steady::of(&(place, step)), done);
        done
    }
}
