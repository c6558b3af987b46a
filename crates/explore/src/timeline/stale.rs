//! Which reads were stale when somebody went on from them.

use std::collections::BTreeSet;

use super::Moment;

/// What a reader did once its read was stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reaction {
    /// It wrote without looking again.
    Acted,
    /// It looked again and found it changed, when it could no longer do as it had meant to.
    LookedAgain,
}

/// Somebody read something, somebody else wrote it, and the reader went on as if nobody had, or found out too late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The step that acted on the read, or that looked again.
    pub acted: usize,
    pub read: usize,
    /// The write that made the read stale.
    pub written: usize,
    pub object: String,
    pub reaction: Reaction,
}

/// The stale reads of a run, the latest first: one for each step that read. To look again is what one should do, so
/// those who did are named only where nobody acted blindly.
pub(super) fn find(moments: &[Moment]) -> Vec<Stale> {
    let locks = locks(moments);
    let mut found: Vec<Stale> =
        (0..moments.len()).rev().filter_map(|read| stale(moments, &locks, read)).collect();
    if found.iter().any(|stale| stale.reaction == Reaction::Acted) {
        found.retain(|stale| stale.reaction == Reaction::Acted);
    }
    found
}

/// What steps wait for and then write without a look, and nobody ever reads: to take a lock, or to let it go, changes
/// nothing that anybody knows of.
pub(super) fn locks(moments: &[Moment]) -> BTreeSet<&str> {
    let taken = |moment: &Moment, object: &String| moment.awaits.contains(object);
    let read = |object: &String| moments.iter().any(|moment| moment.reads.contains(object));
    let written = moments.iter().flat_map(|moment| moment.writes.iter().map(move |object| (moment, object)));
    let locks = written.filter(|(moment, object)| taken(moment, object) && !read(object));
    locks.map(|(_, object)| object.as_str()).collect()
}

/// Whether a step acts: it writes something that is no lock.
pub(super) fn acts(moment: &Moment, locks: &BTreeSet<&str>) -> bool {
    moment.writes.iter().any(|object| !locks.contains(object.as_str()))
}

/// What was made stale of that which a step read, and what its actor did then: where it acted first, or else where it
/// first found something changed.
fn stale(moments: &[Moment], locks: &BTreeSet<&str>, read: usize) -> Option<Stale> {
    let reader = moments[read].actor;
    let mut known: Vec<&String> = moments[read].reads.iter().collect();
    // What others wrote since, the first write first.
    let mut changed: Vec<(&String, usize)> = Vec::new();
    let mut looked = None;
    for (step, moment) in moments.iter().enumerate().skip(read + 1) {
        if moment.actor != reader {
            let written = known.iter().copied().filter(|object| moment.writes.contains(object));
            changed.extend(written.map(|object| (object, step)));
            continue;
        }
        let among = |names: &[String]| changed.iter().copied().find(|(object, _)| names.contains(object));
        let found = |(object, written): (&String, usize), reaction| Stale {
            acted: step,
            read,
            written,
            object: object.clone(),
            reaction,
        };
        if let Some(seen) = among(&moment.reads) {
            // Whoever waited for the change is not surprised by it.
            if among(&moment.awaits).is_none() {
                looked.get_or_insert(found(seen, Reaction::LookedAgain));
            }
            // A list and its rows are read together. Whoever looks again at one of them sees what became of them all.
            known.retain(|object| !changed.iter().any(|(changed, _)| changed == object));
            changed.clear();
        } else if acts(moment, locks) {
            // What is written over says more than what was only seen beside it.
            let first = among(&moment.writes).or(changed.first().copied());
            if let Some(first) = first {
                return Some(found(first, Reaction::Acted));
            }
        }
        known.retain(|object| !moment.reads.contains(object) && !moment.writes.contains(object));
    }
    looked
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ONE as READER, TWO as WRITER, Told, awaits, reads, told, writes};
    use super::*;

    fn assert_found(name: &str, steps: &[Told], expected: &[(usize, usize, usize, &str, Reaction)]) {
        let found = find(&told(steps));
        let found: Vec<_> = found
            .iter()
            .map(|stale| (stale.read, stale.written, stale.acted, stale.object.as_str(), stale.reaction))
            .collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn a_read_is_stale_once_somebody_else_wrote_and_until_one_looks_again() {
        let (read, changed) = (reads(READER, "a"), writes(WRITER, "a"));
        let stale = &[(0, 1, 2, "a", Reaction::Acted)];
        assert_found("acted on", &[read, changed, writes(READER, "b")], stale);
        assert_found("written over", &[read, changed, writes(READER, "a")], stale);
        assert_found("not acted on", &[read, changed, reads(READER, "c")], &[]);
        assert_found("written before", &[changed, read, writes(READER, "b")], &[]);
        assert_found("written by oneself", &[read, writes(READER, "a"), writes(READER, "b")], &[]);
        let again = [read, changed, reads(READER, "a"), writes(READER, "b")];
        assert_found("looked again", &again, &[(0, 1, 2, "a", Reaction::LookedAgain)]);
        let known = [read, reads(READER, "a"), changed, writes(READER, "b")];
        assert_found("the later of two reads", &known, &[(1, 2, 3, "a", Reaction::Acted)]);
    }

    #[test]
    fn the_first_write_and_the_first_act_are_named() {
        let steps = [
            reads(READER, "a"),
            writes(WRITER, "a"),
            writes(WRITER, "a"),
            writes(READER, "b"),
            writes(READER, "c"),
        ];
        assert_found("of several", &steps, &[(0, 1, 3, "a", Reaction::Acted)]);
    }

    #[test]
    fn locks_are_neither_acted_with_nor_read() {
        let lock = (READER, "", "lock", "lock");
        let steps =
            [lock, reads(READER, "a"), writes(WRITER, "a"), writes(READER, "lock"), writes(READER, "b")];
        assert_found("a lock is let go", &steps, &[(1, 2, 4, "a", Reaction::Acted)]);
        let read = [steps.as_slice(), &[reads(WRITER, "lock")]].concat();
        assert_found("what somebody reads is no lock", &read, &[(1, 2, 3, "a", Reaction::Acted)]);
    }

    #[test]
    fn a_list_stands_for_its_rows() {
        let steps = [
            reads(READER, "list row"),
            writes(WRITER, "list row"),
            reads(READER, "list"),
            writes(READER, "b"),
        ];
        let looked = &[(0, 1, 2, "list", Reaction::LookedAgain)];
        assert_found("the list alone is looked at again", &steps, looked);
        let over = [reads(READER, "list row"), writes(WRITER, "list row"), writes(READER, "row")];
        assert_found("what is written over is named", &over, &[(0, 1, 2, "row", Reaction::Acted)]);
    }

    #[test]
    fn whoever_waits_for_a_change_is_not_surprised() {
        let steps = [reads(READER, "a"), writes(WRITER, "a"), awaits(READER, "a"), writes(READER, "b")];
        assert_found("waited for", &steps, &[]);
    }

    #[test]
    fn who_looked_again_is_named_only_where_nobody_acted_blindly() {
        let looks = [reads(READER, "a"), writes(WRITER, "a"), reads(READER, "a")];
        let acts = [reads(WRITER, "b"), writes(READER, "b"), writes(WRITER, "c")];
        let both = [looks, acts].concat();
        assert_found("one of each", &both, &[(3, 4, 5, "b", Reaction::Acted)]);
    }
}
