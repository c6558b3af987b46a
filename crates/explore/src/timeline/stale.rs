//! Which reads were stale when somebody acted on them.

use super::Moment;

/// Somebody read something, somebody else wrote it, and the reader went on as if nobody had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stale {
    /// The step that acted on the read.
    pub acted: usize,
    pub read: usize,
    /// The write that made the read stale.
    pub written: usize,
    pub object: String,
}

/// Every stale read that a later step of the same actor acted on, those acted on last first. A step acts if it writes.
pub(super) fn find(moments: &[Moment]) -> Vec<Stale> {
    let mut found = Vec::new();
    for (acted, moment) in moments.iter().enumerate().filter(|(_, moment)| !moment.writes.is_empty()) {
        let earlier = (0..acted).filter(|read| moments[*read].actor == moment.actor);
        for read in earlier {
            for object in &moments[read].reads {
                if let Some(written) = made_stale(moments, read, acted, object) {
                    found.push(Stale { acted, read, written, object: object.clone() });
                }
            }
        }
    }
    found.sort_by(|a, b| (b.acted, a.read, &a.object).cmp(&(a.acted, b.read, &b.object)));
    found
}

/// The last write of the object by somebody else since it was read; none if the reader looked again after it, or wrote
/// it since.
fn made_stale(moments: &[Moment], read: usize, acted: usize, object: &String) -> Option<usize> {
    let reader = moments[read].actor;
    // The acting step itself may write blindly what it should have looked at.
    let knows = |step: usize| {
        let moment = &moments[step];
        let wrote = step < acted && moment.writes.contains(object);
        moment.actor == reader && (moment.reads.contains(object) || wrote)
    };
    let writes = |step: &usize| moments[*step].actor != reader && moments[*step].writes.contains(object);
    let written = (read + 1..acted).rev().find(writes)?;
    let looked_again = (read + 1..=acted).any(knows);
    (!looked_again).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(actor: usize, reads: &[&str], writes: &[&str]) -> Moment {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Moment { actor, label: String::new(), fault: false, reads: owned(reads), writes: owned(writes) }
    }

    #[test]
    fn a_read_is_stale_once_somebody_else_wrote_and_until_one_looks_again() {
        let (reader, writer) = (0, 1);
        let cases = [
            (
                "acted on",
                vec![moment(reader, &["a"], &[]), moment(writer, &[], &["a"]), moment(reader, &[], &["b"])],
                1,
            ),
            (
                "looked again",
                vec![
                    moment(reader, &["a"], &[]),
                    moment(writer, &[], &["a"]),
                    moment(reader, &["a"], &["b"]),
                ],
                0,
            ),
            (
                "not acted on",
                vec![moment(reader, &["a"], &[]), moment(writer, &[], &["a"]), moment(reader, &["c"], &[])],
                0,
            ),
            (
                "written before",
                vec![moment(writer, &[], &["a"]), moment(reader, &["a"], &[]), moment(reader, &[], &["b"])],
                0,
            ),
            (
                "by oneself",
                vec![moment(reader, &["a"], &[]), moment(reader, &[], &["a"]), moment(reader, &[], &["b"])],
                0,
            ),
        ];
        for (name, moments, stale) in cases {
            assert_eq!(find(&moments).len(), stale, "{name}");
        }
    }
}
