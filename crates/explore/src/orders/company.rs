//! Whom a run needs that is led to a point: the tasks that are there, and all that ever had to do with one of them.
//! The others have ended, and nothing that is left can tell that they were never there.

use super::point::Point;
use crate::world::World;

/// The tasks that a run needs which is led to the last of these points; none if it needs all of them, because each of
/// its steps is done: where a world cannot be put in the place of another. `families` are the tasks that others had
/// started before the first step, if that is all that they could know of each other.
pub(super) fn company<W: World>(points: &[Point<W>], families: Option<&[[u64; 2]]>) -> Option<Vec<u64>> {
    let ((last, before), families) = points.split_last().zip(families)?;
    last.waypoint.as_ref()?;
    let mut company = last.tasks.clone();
    let mut met = 0;
    while met < company.len() {
        met = company.len();
        before.iter().rev().for_each(|point| join(&mut company, &point.event().0.company));
        families.iter().for_each(|family| join(&mut company, family));
    }
    Some(company)
}

/// Whether some of these are among those.
pub(super) fn meets(company: &[u64], others: &[u64]) -> bool {
    others.iter().any(|other| company.contains(other))
}

/// Those who meet one of the company belong to it.
fn join(company: &mut Vec<u64>, others: &[u64]) {
    if meets(company, others) {
        let new: Vec<u64> = others.iter().filter(|other| !company.contains(other)).copied().collect();
        company.extend(new);
    }
}
