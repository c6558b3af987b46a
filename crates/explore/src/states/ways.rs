//! What comes after what: in how many orders, and whether it ever comes back.

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

/// In how many orders steps lead through `count` states, from one that nothing leads to up to one that leads nowhere; at
/// most as many as the number can hold.
///
/// # Errors
/// With a state that can be come to again from itself, if there is one: then there is no end to the orders.
pub(super) fn orders(count: StateAt, all: &AllWays) -> Result<u128, StateAt> {
    let mut before = vec![0u32; count as usize];
    all.iter().for_each(|(_, to)| before[*to as usize] += 1);
    let ways = Ways::of(before.len(), all);
    let mut first: Vec<StateAt> = (0..count).filter(|state| before[*state as usize] == 0).collect();
    let mut lead_to = vec![0u128; before.len()];
    first.iter().for_each(|state| lead_to[*state as usize] = 1);
    let mut ended = 0u128;
    while let Some(state) = first.pop() {
        let (orders, after) = (lead_to[state as usize], ways.after(state));
        if after.is_empty() {
            ended = ended.saturating_add(orders);
        }
        for to in after {
            let to = *to as usize;
            lead_to[to] = lead_to[to].saturating_add(orders);
            before[to] -= 1;
            if before[to] == 0 {
                first.push(to as StateAt);
            }
        }
    }
    circle(&before, all).map_or(Ok(ended), Err)
}

/// A state on a circle. Those that still have one before them are on circles or after them. Each has one before it that
/// is left as well, so whoever goes back from one to the next, as often as there are states, is on a circle.
fn circle(before: &[u32], all: &AllWays) -> Option<StateAt> {
    let is_left = |state: &StateAt| before[*state as usize] > 0;
    let left = (0..).take(before.len()).find(is_left)?;
    let mut one_before = vec![None; before.len()];
    for (from, to) in all.iter().filter(|(from, to)| is_left(from) && is_left(to)) {
        one_before[*to as usize] = Some(*from);
    }
    before.iter().try_fold(left, |state, _| one_before[state as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted_and_what_comes_back_is_found() {
        // With how many orders there are, or else the states that are on a circle.
        let cases = [
            ("nothing", 0, vec![], Ok(0)),
            ("one state", 1, vec![], Ok(1)),
            ("a step that changes nothing", 1, vec![(0, 0)], Err(vec![0])),
            ("two ways to one state", 4, vec![(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)], Ok(3)),
            ("two steps to one state, and two ends", 4, vec![(0, 1), (0, 1), (1, 2), (1, 3)], Ok(4)),
            ("a way back", 4, vec![(0, 1), (1, 2), (2, 3), (3, 1)], Err(vec![1, 2, 3])),
            ("a circle beside", 4, vec![(0, 1), (2, 3), (3, 2)], Err(vec![2, 3])),
            ("what comes after a circle", 4, vec![(3, 2), (2, 3), (3, 0), (0, 1)], Err(vec![2, 3])),
        ];
        for (name, count, ways, wanted) in cases {
            match (orders(count, &ways.into_iter().collect()), wanted) {
                (Ok(orders), Ok(wanted)) => assert_eq!(orders, wanted, "{name}"),
                (Err(state), Err(on_circles)) => assert!(on_circles.contains(&state), "{name}: {state}"),
                (counted, wanted) => panic!("{name}: {counted:?}, not {wanted:?}"),
            }
        }
    }

    #[test]
    fn more_orders_than_a_number_holds_are_as_many_as_it_holds() {
        let twice = (0..200).flat_map(|state| [(state, state + 1); 2]);
        assert_eq!(orders(201, &twice.collect()), Ok(u128::MAX));
    }
}
