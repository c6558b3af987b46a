//! Reads that do not fit together: one from before a change, and one from after it.

use std::collections::BTreeSet;

use super::Moment;
use super::stale::{Reaction, Stale, acts, locks};

/// How two reads do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tear {
    /// What they saw was never so at one time.
    Mixed,
    /// They saw half of what somebody does in two steps.
    HalfDone,
}

/// A read, and the write that it came before or after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub read: usize,
    pub written: usize,
    pub object: String,
}

/// Somebody acted on two reads that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    pub tear: Tear,
    /// The read that came before its write.
    pub before: Sight,
    /// The read that came after its write.
    pub after: Sight,
    pub acted: usize,
}

/// The reads that do not fit together: beside a stale read that was acted on, or where none was stale yet.
pub(super) fn find(moments: &[Moment], stale: &[Stale]) -> Option<Torn> {
    let blind = |stale: &&Stale| stale.reaction == Reaction::Acted;
    match stale {
        [] => half_done(moments, &locks(moments)),
        some => some.iter().filter(blind).find_map(|stale| mixed(moments, stale)),
    }
}

/// What a reader saw of later writes than the one that made its read stale, before it acted.
fn mixed(moments: &[Moment], stale: &Stale) -> Option<Torn> {
    let Stale { acted, read, written, object, .. } = stale;
    let reader = moments[*read].actor;
    let own = (written + 1..=*acted).filter(|step| moments[*step].actor == reader);
    let after = own.into_iter().find_map(|later| {
        let news = |object: &String| {
            let write = last_write(moments, later, object).filter(|write| write >= written)?;
            Some(Sight { read: later, written: write, object: object.clone() })
        };
        moments[later].reads.iter().filter(|seen| *seen != object).find_map(news)
    })?;
    let before = Sight { read: *read, written: *written, object: object.clone() };
    Some(Torn { tear: Tear::Mixed, before, after, acted: *acted })
}

/// The last write of an object before a step, if that was by somebody else than who does the step.
fn last_write(moments: &[Moment], step: usize, object: &String) -> Option<usize> {
    let last = (0..step).rev().find(|write| moments[*write].writes.contains(object))?;
    (moments[last].actor != moments[step].actor).then_some(last)
}

/// An act on reads that came between two steps of somebody else: they saw what the first wrote, and not yet what the
/// second did. The latest read that came too early is the one that decided.
fn half_done(moments: &[Moment], locks: &BTreeSet<&str>) -> Option<Torn> {
    (0..moments.len()).rev().find_map(|early| {
        let reader = moments[early].actor;
        let acted = (early..moments.len())
            .find(|step| moments[*step].actor == reader && acts(&moments[*step], locks))?;
        let missed = |object: &String| {
            let writes = |step: &usize| moments[*step].writes.contains(object);
            let written = (acted + 1..moments.len()).find(writes)?;
            (moments[written].actor != reader).then(|| Sight { read: early, written, object: object.clone() })
        };
        moments[early].reads.iter().filter_map(missed).find_map(|before| {
            let writer = moments[before.written].actor;
            let own = (0..=acted).filter(|step| moments[*step].actor == reader);
            let seen = own.into_iter().find_map(|read| {
                let news = |object: &String| {
                    let written = last_write(moments, read, object)?;
                    let half = moments[written].actor == writer && *object != before.object;
                    half.then(|| Sight { read, written, object: object.clone() })
                };
                moments[read].reads.iter().find_map(news)
            });
            Some(Torn { tear: Tear::HalfDone, before, after: seen?, acted })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ONE as READER, THREE, TWO as WRITER, Told, reads, told, writes};
    use super::super::{stale, torn};
    use super::*;

    /// What was read before its write, what after it, and what acted on that.
    type Expected<'a> = Option<(Tear, (usize, usize, &'a str), (usize, usize, &'a str), usize)>;

    fn assert_torn(name: &str, steps: &[Told], expected: Expected<'_>) {
        let moments = told(steps);
        let found = torn::find(&moments, &stale::find(&moments));
        let sight = |sight: &Sight| (sight.read, sight.written, sight.object.clone());
        let found = found.map(|torn| (torn.tear, sight(&torn.before), sight(&torn.after), torn.acted));
        let owned = |(read, written, object): (usize, usize, &str)| (read, written, object.to_owned());
        let expected =
            expected.map(|(tear, before, after, acted)| (tear, owned(before), owned(after), acted));
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn two_reads_are_torn_if_what_they_saw_was_never_so_at_one_time() {
        let steps = [
            reads(READER, "here"),
            writes(WRITER, "here"),
            writes(WRITER, "coming"),
            reads(READER, "coming"),
            writes(READER, "device"),
        ];
        let torn = (Tear::Mixed, (0, 1, "here"), (3, 2, "coming"), 4);
        assert_torn("in neither", &steps, Some(torn));
        let [first, home, ends, second, frees] = steps;
        assert_torn("the other one first", &[second, first, home, ends, frees], None);
        assert_torn("after both", &[home, ends, first, second, frees], None);
        assert_torn("before both", &[first, second, frees, home, ends], None);
        assert_torn("one of them was so before", &[ends, first, home, second, frees], None);
    }

    #[test]
    fn reads_between_two_steps_of_another_saw_half_of_what_it_does() {
        let steps = [
            writes(WRITER, "move"),
            reads(READER, "move"),
            reads(READER, "context"),
            writes(READER, "failure"),
            writes(WRITER, "context"),
        ];
        assert_torn("half", &steps, Some((Tear::HalfDone, (2, 4, "context"), (1, 0, "move"), 3)));
        let [begins, first, second, fails, ends] = steps;
        assert_torn("nobody acted", &[begins, first, second, ends], None);
        assert_torn("the whole", &[begins, ends, first, second, fails], None);
        assert_torn("nothing yet", &[first, second, fails, begins, ends], None);
        assert_torn("two writers", &[writes(THREE, "move"), first, second, fails, ends], None);
    }
}
