//! Lists whose members are known by their places. There are many of them, and many places are kept of each, so a place
//! has 32 bits.

use std::ops::{Index, IndexMut};

/// A place in a list.
pub(super) type At = u32;

#[derive(Debug)]
pub(super) struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<T> List<T> {
    /// The place that comes next.
    pub fn next(&self) -> At {
        At::try_from(self.0.len()).expect("memory ends before 32 bits do")
    }

    pub fn push(&mut self, one: T) -> At {
        let at = self.next();
        self.0.push(one);
        at
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> Index<At> for List<T> {
    type Output = T;

    fn index(&self, at: At) -> &T {
        &self.0[at as usize]
    }
}

impl<T> IndexMut<At> for List<T> {
    fn index_mut(&mut self, at: At) -> &mut T {
        &mut self.0[at as usize]
    }
}
