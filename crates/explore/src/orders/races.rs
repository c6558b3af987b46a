//! Which steps race with each other, and what is left to be tried because of it.

use super::Orders;
use super::point::Known;
use crate::clock::Clock;
use crate::executor::StepId;
use crate::footprint::Marks;
use crate::world::Scenario;

impl<S: Scenario> Orders<'_, S> {
    /// Notes which steps the one just done took away. What such a step touches must be known, so one that was never
    /// done here is tried first; then this answers false.
    pub(super) fn lose(&mut self, at: usize, open: &[StepId]) -> bool {
        let point = &mut self.points[at];
        point.lost.clear();
        let lost = point.open.iter().filter(|id| **id != point.chosen && !open.contains(id));
        for id in lost.copied().collect::<Vec<_>>() {
            let Some(known) = point.touches(id).cloned() else {
                let (event, _) = point.event.take().expect("it was just done");
                point.left.retain(|left| *left != id);
                point.left.push(event.id);
                point.known.push(Known { id: event.id, marks: event.marks });
                point.chosen = id;
                return false;
            };
            point.try_also(id);
            point.lost.push(known);
        }
        true
    }

    /// A step that was taken away could have come after the one just done, and before the one that took it away.
    /// `clock` holds the step just done and all that it depends on.
    pub(super) fn races_with_lost(&mut self, at: usize, clock: &Clock) {
        for earlier in (0..at).filter(|earlier| !clock.has(*earlier)) {
            let (event, _) = self.points[at].event();
            let met = self.points[earlier].lost.iter().filter(|lost| lost.marks.meets(&event.marks));
            for id in met.map(|lost| lost.id).collect::<Vec<_>>() {
                self.reverse(earlier, at + 1, id, clock);
            }
        }
    }

    /// Finds the earlier steps that a step which comes at `place` races with, and leaves the other way round to
    /// be tried. Answers all the steps that it depends on.
    pub(super) fn races(&mut self, place: usize, (id, born, marks): (StepId, usize, &Marks)) -> Clock {
        let mut clock = Clock::default();
        if let Some(cause) = born.checked_sub(1) {
            clock.join(&self.points[cause].event().1);
            clock.add(cause);
        }
        for earlier in (0..place).rev() {
            if clock.has(earlier) {
                continue;
            }
            let (other, before) = self.points[earlier].event();
            if other.marks.meets(marks) {
                let before = *before;
                self.reverse(earlier, place, id, &clock);
                clock.join(&before);
                clock.add(earlier);
            }
        }
        clock
    }

    /// Leaves a step to be tried at the point before `earlier`, from which `id` can come first. `clock` holds the steps
    /// after `earlier` that `id` depends on.
    fn reverse(&mut self, earlier: usize, place: usize, id: StepId, clock: &Clock) {
        // The steps after the earlier one that do not depend on it, and `id`: those of them that can come first.
        let mut between = Clock::default();
        let mut first: Option<StepId> = None;
        for step in earlier + 1..place {
            let (event, before) = self.points[step].event();
            if before.has(earlier) {
                continue;
            }
            if before.is_disjoint(&between) {
                if self.points[earlier].covers(event.id) {
                    return;
                }
                first.get_or_insert(event.id);
            }
            between.add(step);
        }
        let direct = clock.is_disjoint(&between);
        if direct && self.points[earlier].covers(id) {
            return;
        }
        let wanted = if direct { id } else { first.expect("what a step depends on comes before it") };
        self.points[earlier].try_also(wanted);
    }
}
