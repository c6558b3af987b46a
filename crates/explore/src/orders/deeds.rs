//! What steps did, by what they met. A step does the same wherever its task stands at the same in an equal world, and
//! many orders lead there: so the code does it once, and its task goes on from the same answer wherever it meets the
//! same again. Of those that are looked up some are done all the same, to see whether that is so.

use std::rc::Rc;

use crate::by_hash::ByHash;
use crate::event::{Deed, Event, Place, Waypoint};
use crate::world::World;

/// How many deeds are kept: with more of them, all are forgotten, and those that are still met come again.
const DEEDS_MAX: usize = 1 << 16;

/// Of so many steps that could be looked up, one is done.
const LOOKS_PER_PROOF: u64 = 64;

/// What a step did where it met this: the world that it left, and what is wrong with that.
#[derive(Debug)]
pub(super) struct Seen<W> {
    pub deed: Rc<Deed>,
    pub after: Rc<Place<W>>,
    pub wrong: Option<String>,
}

impl<W> Clone for Seen<W> {
    fn clone(&self) -> Self {
        let Seen { deed, after, wrong } = self;
        Seen { deed: Rc::clone(deed), after: Rc::clone(after), wrong: wrong.clone() }
    }
}

impl<W: World> Seen<W> {
    /// What is seen of a step that left a run here; none if it depended on more than what it met.
    pub fn of(event: &Event, after: &Waypoint<W>) -> Option<Seen<W>> {
        let (deed, after) = event.answers.only().zip(after.as_ref())?;
        Some(Seen { deed: Rc::clone(deed), after: Rc::clone(after), wrong: event.wrong.clone() })
    }

    fn is(&self, other: &Seen<W>) -> bool {
        let number =
            |seen: &Seen<W>| (seen.deed.answer.number, seen.deed.marks.digest(), seen.after.digest());
        number(self) == number(other)
    }
}

#[derive(Debug)]
pub(super) struct Deeds<W> {
    by_meeting: ByHash<Seen<W>>,
    /// What is wrong with a world in which nothing is left to happen, by its digest.
    rests: ByHash<Option<String>>,
    looks: u64,
}

impl<W> Default for Deeds<W> {
    fn default() -> Self {
        Deeds { by_meeting: ByHash::default(), rests: ByHash::default(), looks: 0 }
    }
}

impl<W: World> Deeds<W> {
    /// What a step did that met this before, unless it is to be proved.
    pub fn look_up(&mut self, meeting: u64) -> Option<Seen<W>> {
        let seen = self.by_meeting.get(&meeting)?;
        self.looks += 1;
        (!self.looks.is_multiple_of(LOOKS_PER_PROOF)).then(|| seen.clone())
    }

    /// A step was done. Answers whether it did what it had done before where it met the same.
    pub fn add(&mut self, meeting: u64, seen: Seen<W>) -> bool {
        if self.by_meeting.len() >= DEEDS_MAX {
            *self = Deeds { looks: self.looks, ..Deeds::default() };
        }
        self.by_meeting.get(&meeting).is_none_or(|known| known.is(&seen)) && {
            self.by_meeting.entry(meeting).or_insert(seen);
            true
        }
    }

    /// What is wrong with a world at rest: as it was judged before, or as it is judged now.
    pub fn at_rest(
        &mut self,
        place: &Place<W>,
        judge: impl FnOnce() -> Result<(), String>,
    ) -> Option<String> {
        self.rests.entry(place.digest()).or_insert_with(|| judge().err()).clone()
    }
}
