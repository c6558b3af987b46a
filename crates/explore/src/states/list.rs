//! Lists whose members are known by their places. There are many of them, and many places are kept of each, so a place
//! has 32 bits. A long list grows by pieces: one that is moved as it grows takes new memory for all of it each time.

use std::ops::{Index, IndexMut};

/// A place in a list.
pub(super) type At = u32;

/// How many members lie together.
const CHUNK: usize = 1 << 12;

#[derive(Debug)]
pub(super) struct List<T>(Vec<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

#[cfg(test)]
impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut list = List::default();
        for one in all {
            list.push(one);
        }
        list
    }
}

fn place(at: At) -> (usize, usize) {
    let at = at as usize;
    (at / CHUNK, at % CHUNK)
}

impl<T> List<T> {
    /// The place that comes next.
    pub fn next(&self) -> At {
        At::try_from(self.len()).expect("memory ends before 32 bits do")
    }

    pub fn push(&mut self, one: T) -> At {
        let at = self.next();
        match self.0.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => chunk.push(one),
            None => {
                // Most lists are short: the first chunk grows as it is filled.
                let mut chunk = Vec::with_capacity(if self.0.is_empty() { 0 } else { CHUNK });
                chunk.push(one);
                self.0.push(chunk);
            }
        }
        at
    }

    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

impl<T> Index<At> for List<T> {
    type Output = T;

    fn index(&self, at: At) -> &T {
        let (chunk, at) = place(at);
        &self.0[chunk][at]
    }
}

impl<T> IndexMut<At> for List<T> {
    fn index_mut(&mut self, at: At) -> &mut T {
        let (chunk, at) = place(at);
        &mut self.0[chunk][at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_where_they_were_put() {
        for count in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let mut list: List<usize> = (0..count).collect();
            assert_eq!((list.len(), list.next() as usize), (count, count));
            assert!(list.iter().copied().eq(0..count), "{count}");
            assert!((0..count).all(|at| list[at as At] == at), "{count}");
            let at = list.push(count);
            list[at] += 1;
            assert_eq!((at as usize, list[at], list.len()), (count, count + 1, count + 1));
        }
    }
}
