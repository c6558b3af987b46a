//! Whether what comes after what ever comes back.

/// The ways from each state, one state after the other.
struct Ways {
    /// Where those of a state begin; those of the next one begin where they end.
    first: Vec<usize>,
    to: Vec<usize>,
}

impl Ways {
    fn of(count: usize, ways: &[(usize, usize)]) -> Ways {
        let mut first = vec![0; count + 1];
        ways.iter().for_each(|(from, _)| first[*from] += 1);
        let mut end = 0;
        for first in &mut first {
            end += *first;
            *first = end;
        }
        let mut to = vec![0; ways.len()];
        for (from, after) in ways {
            first[*from] -= 1;
            to[first[*from]] = *after;
        }
        Ways { first, to }
    }

    fn after(&self, state: usize) -> &[usize] {
        &self.to[self.first[state]..self.first[state + 1]]
    }
}

/// One of `count` states that can be come to again from itself, if there is one.
pub(super) fn circle(count: usize, ways: &[(usize, usize)]) -> Option<usize> {
    let mut before = vec![0usize; count];
    ways.iter().for_each(|(_, to)| before[*to] += 1);
    let ways = Ways::of(count, ways);
    let mut first: Vec<usize> = (0..count).filter(|state| before[*state] == 0).collect();
    while let Some(state) = first.pop() {
        for to in ways.after(state) {
            before[*to] -= 1;
            if before[*to] == 0 {
                first.push(*to);
            }
        }
    }
    before.iter().position(|before| *before > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_found() {
        let cases = [
            ("nothing", 0, vec![], false),
            ("one state", 1, vec![], false),
            ("a step that changes nothing", 1, vec![(0, 0)], true),
            ("two ways to one state", 4, vec![(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)], false),
            ("a way back", 4, vec![(0, 1), (1, 2), (2, 3), (3, 1)], true),
            ("a circle beside", 4, vec![(0, 1), (2, 3), (3, 2)], true),
        ];
        for (name, count, ways, comes_back) in cases {
            assert_eq!(circle(count, &ways).is_some(), comes_back, "{name}");
        }
    }
}
