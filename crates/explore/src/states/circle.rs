//! Whether what comes after what ever comes back.

use super::list::List;
use super::space::StateAt;

/// Which state comes after which.
pub(super) type AllWays = List<(StateAt, StateAt)>;

/// The ways from each state, one state after the other.
struct Ways {
    /// Where those of a state begin; those of the next one begin where they end.
    first: Vec<usize>,
    to: Vec<StateAt>,
}

impl Ways {
    fn of(count: usize, ways: &AllWays) -> Ways {
        let mut first = vec![0; count + 1];
        ways.iter().for_each(|(from, _)| first[*from as usize] += 1);
        let mut end = 0;
        for first in &mut first {
            end += *first;
            *first = end;
        }
        let mut to = vec![0; ways.len()];
        for (from, after) in ways.iter() {
            let first = &mut first[*from as usize];
            *first -= 1;
            to[*first] = *after;
        }
        Ways { first, to }
    }

    fn after(&self, state: StateAt) -> &[StateAt] {
        let state = state as usize;
        &self.to[self.first[state]..self.first[state + 1]]
    }
}

/// One of `count` states that can be come to again from itself, if there is one.
pub(super) fn circle(count: StateAt, all: &AllWays) -> Option<StateAt> {
    let mut before = vec![0u32; count as usize];
    all.iter().for_each(|(_, to)| before[*to as usize] += 1);
    let ways = Ways::of(before.len(), all);
    let mut first: Vec<StateAt> = (0..count).filter(|state| before[*state as usize] == 0).collect();
    while let Some(state) = first.pop() {
        for to in ways.after(state) {
            let before = &mut before[*to as usize];
            *before -= 1;
            if *before == 0 {
                first.push(*to);
            }
        }
    }
    // Those that are left are on circles or after them. Each has one before it that is left as well, so whoever goes
    // back from one to the next, as often as there are states, is on a circle.
    let is_left = |state: StateAt| before[state as usize] > 0;
    let left = (0..count).find(|state| is_left(*state))?;
    let mut one_before = vec![None; before.len()];
    for (from, to) in all.iter().filter(|(from, to)| is_left(*from) && is_left(*to)) {
        one_before[*to as usize] = Some(*from);
    }
    (0..count).try_fold(left, |state, _| one_before[state as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_found() {
        // With the states that are on a circle.
        let cases = [
            ("nothing", 0, vec![], vec![]),
            ("one state", 1, vec![], vec![]),
            ("a step that changes nothing", 1, vec![(0, 0)], vec![0]),
            ("two ways to one state", 4, vec![(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)], vec![]),
            ("a way back", 4, vec![(0, 1), (1, 2), (2, 3), (3, 1)], vec![1, 2, 3]),
            ("a circle beside", 4, vec![(0, 1), (2, 3), (3, 2)], vec![2, 3]),
            ("what comes after a circle", 4, vec![(3, 2), (2, 3), (3, 0), (0, 1)], vec![2, 3]),
        ];
        for (name, count, ways, on_circles) in cases {
            match circle(count, &ways.into_iter().collect()) {
                Some(state) => assert!(on_circles.contains(&state), "{name}: {state}"),
                None => assert!(on_circles.is_empty(), "{name}"),
            }
        }
    }
}
