//! A list that only grows. A clone shares all that is there so far, and costs nothing.

use std::sync::Arc;

/// A list that only grows, from the newest entry back.
#[derive(Debug)]
pub(super) struct Log<T>(Option<Arc<Entry<T>>>);

#[derive(Debug)]
struct Entry<T> {
    value: T,
    /// How many entries there are up to this one.
    len: u64,
    before: Log<T>,
}

impl<T> Log<T> {
    pub fn len(&self) -> u64 {
        self.0.as_ref().map_or(0, |entry| entry.len)
    }

    pub fn push(&mut self, value: T) {
        let (len, before) = (self.len() + 1, self.clone());
        self.0 = Some(Arc::new(Entry { value, len, before }));
    }

    pub fn newest(&self) -> impl Iterator<Item = &T> {
        let entries = std::iter::successors(self.0.as_deref(), |entry| entry.before.0.as_deref());
        entries.map(|entry| &entry.value)
    }

    pub fn oldest(&self) -> impl ExactSizeIterator<Item = &T> {
        let newest: Vec<&T> = self.newest().collect();
        newest.into_iter().rev()
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log(None)
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Log(self.0.clone())
    }
}

impl<T> Drop for Log<T> {
    /// Each entry holds the one before it: they are let go one after the other, not one inside the other.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut entry) = next.and_then(Arc::into_inner) {
            next = entry.before.0.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_a_clone_is_not_in_the_other() {
        let mut one = Log::default();
        (0..3).for_each(|number| one.push(number));
        let mut other = one.clone();
        one.push(3);
        other.push(4);
        for (log, numbers) in [(&one, [0, 1, 2, 3]), (&other, [0, 1, 2, 4])] {
            assert_eq!(log.len(), 4);
            assert!(log.oldest().eq(&numbers));
            assert!(log.newest().eq(numbers.iter().rev()));
        }
    }

    #[test]
    fn a_long_one_is_dropped_without_a_deep_stack() {
        let mut log = Log::default();
        (0..1_000_000).for_each(|number| log.push(number));
        drop(log);
    }
}
