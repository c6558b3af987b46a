//! What a step read and wrote: what decides whether its order against another step can matter.

use std::fmt;
use std::hash::Hash;

use crate::steady::Steady;

/// Something that a step can read or write, by a name of its own: a row, a list, a machine, a lock.
pub trait Object: Clone + Eq + Hash + fmt::Display + Send + 'static {}
impl<T: Clone + Eq + Hash + fmt::Display + Send + 'static> Object for T {}

/// What a step touched. Naming too much costs time. Naming too little loses orders, and what a step changed that names
/// no write may not be there in a run that comes back to the point after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint<O> {
    pub reads: Vec<O>,
    pub writes: Vec<O>,
    /// It may have touched anything.
    pub everything: bool,
    /// What the step turned out to be, where its label could not know.
    pub label: Option<&'static str>,
}

impl<O> Footprint<O> {
    /// It touched nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Footprint { reads: Vec::new(), writes: Vec::new(), everything: false, label: None }
    }

    #[must_use]
    pub fn everything() -> Self {
        Footprint { everything: true, ..Footprint::nothing() }
    }

    #[must_use]
    pub fn reads(objects: impl IntoIterator<Item = O>) -> Self {
        Footprint { reads: objects.into_iter().collect(), ..Footprint::nothing() }
    }

    #[must_use]
    pub fn writes(objects: impl IntoIterator<Item = O>) -> Self {
        Footprint { writes: objects.into_iter().collect(), ..Footprint::nothing() }
    }

    /// The same, and these reads as well.
    #[must_use]
    pub fn and_reads(mut self, objects: impl IntoIterator<Item = O>) -> Self {
        self.reads.extend(objects);
        self
    }

    /// The same, and these writes as well.
    #[must_use]
    pub fn and_writes(mut self, objects: impl IntoIterator<Item = O>) -> Self {
        self.writes.extend(objects);
        self
    }

    /// Whether the step may have changed the world. One that only read need not be judged.
    pub(crate) fn changes(&self) -> bool {
        self.everything || !self.writes.is_empty()
    }
}

/// How many words the sieve of a footprint has. More sieve better and cost more to compare.
const SIEVE_WORDS: usize = 4;

/// A footprint in numbers, with what the explorer itself knows of the step: the tasks it woke, the nodes they run on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    reads: Vec<u64>,
    writes: Vec<u64>,
    read_sieve: [u64; SIEVE_WORDS],
    write_sieve: [u64; SIEVE_WORDS],
    everything: bool,
}

/// How many marks of tasks and nodes most steps have beside those of objects.
const BESIDE: usize = 3;

/// What a mark stands for: equal numbers of different kinds are different objects.
#[derive(Hash)]
enum Kind<T> {
    Object(T),
    Task(u64),
    Node(u64),
}

fn sift(sieve: &mut [u64; SIEVE_WORDS], mark: u64) {
    let bit = usize::try_from(mark % (64 * SIEVE_WORDS as u64)).expect("few bits");
    sieve[bit / 64] |= 1 << (bit % 64);
}

impl Marks {
    pub fn of<O: Object>(footprint: &Footprint<O>) -> Marks {
        let mut marks = Marks {
            reads: Vec::with_capacity(footprint.reads.len() + BESIDE),
            writes: Vec::with_capacity(footprint.writes.len() + BESIDE),
            everything: footprint.everything,
            ..Marks::default()
        };
        footprint.reads.iter().for_each(|object| marks.read(object));
        footprint.writes.iter().for_each(|object| marks.write(object));
        marks
    }

    pub fn is_empty(&self) -> bool {
        self.reads.is_empty() && self.writes.is_empty() && !self.everything
    }

    pub fn read<O: Object>(&mut self, object: &O) {
        self.add_read(Steady::of(&Kind::Object(object)));
    }

    pub fn write<O: Object>(&mut self, object: &O) {
        self.add_write(Steady::of(&Kind::Object(object)));
    }

    pub fn wakes(&mut self, task: u64) {
        self.add_write(Steady::of(&Kind::Task::<()>(task)));
    }

    pub fn runs_on(&mut self, node: u64) {
        self.add_read(Steady::of(&Kind::Node::<()>(node)));
    }

    pub fn kills(&mut self, node: u64) {
        self.add_write(Steady::of(&Kind::Node::<()>(node)));
    }

    fn add_read(&mut self, mark: u64) {
        self.reads.push(mark);
        sift(&mut self.read_sieve, mark);
    }

    fn add_write(&mut self, mark: u64) {
        self.writes.push(mark);
        sift(&mut self.write_sieve, mark);
    }

    /// What one of two steps touched, or both.
    pub fn join(&mut self, other: &Marks) {
        for mark in &other.reads {
            if !self.reads.contains(mark) {
                self.add_read(*mark);
            }
        }
        for mark in &other.writes {
            if !self.writes.contains(mark) {
                self.add_write(*mark);
            }
        }
        self.everything |= other.everything;
    }

    /// Whether the order of the two steps can matter.
    pub fn meets(&self, other: &Marks) -> bool {
        if self.everything || other.everything {
            return true;
        }
        let mut sifted = 0;
        for word in 0..SIEVE_WORDS {
            sifted |= self.write_sieve[word] & (other.write_sieve[word] | other.read_sieve[word]);
            sifted |= self.read_sieve[word] & other.write_sieve[word];
        }
        sifted != 0
            && (self.writes.iter().any(|mark| other.writes.contains(mark) || other.reads.contains(mark))
                || self.reads.iter().any(|mark| other.writes.contains(mark)))
    }

    /// The footprint as one number, for hashes of runs.
    pub fn digest(&self) -> u64 {
        // The order in which a step names what it touched does not matter.
        let sum = |marks: &[u64]| marks.iter().fold(0u64, |sum, mark| sum.wrapping_add(*mark));
        Steady::of(&(sum(&self.reads), sum(&self.writes), self.everything))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(reads: &[&'static str], writes: &[&'static str]) -> Marks {
        Marks::of(&Footprint::reads(reads.iter().copied()).and_writes(writes.iter().copied()))
    }

    #[test]
    fn two_steps_meet_where_one_of_them_writes() {
        let cases: &[(&str, Marks, Marks, bool)] = &[
            ("two readers", marks(&["a"], &[]), marks(&["a"], &[]), false),
            ("a reader and a writer", marks(&["a"], &[]), marks(&[], &["a"]), true),
            ("two writers", marks(&[], &["a"]), marks(&[], &["a"]), true),
            ("two places", marks(&["a"], &["b"]), marks(&["c"], &["d"]), false),
            ("anything", Marks::of(&Footprint::<&str>::everything()), marks(&[], &[]), true),
        ];
        for (name, one, other, meets) in cases {
            assert_eq!(one.meets(other), *meets, "{name}");
            assert_eq!(other.meets(one), *meets, "{name}, the other way round");
        }
    }
}
