//! Isolation that is weaker than serialisable: every transaction reads at one step and commits at a later one, and its
//! commit compares less than what it read. So do databases below the isolation level that the stores ask for.

use steadfast_operations::seam::Changes;

use super::{PutOff, nothing_of};

/// How weak it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Weak {
    pub name: &'static str,
    pub about: &'static str,
    /// The rows that are written are compared with what was read; a transaction that lost is run again.
    compares: bool,
}

pub(super) const ALL: &[Weak] = &[
    Weak {
        name: "snapshots",
        about: "a commit compares only the rows that it writes with what its transaction read: two that read each \
                other's rows both go through (snapshot isolation, write skew)",
        compares: true,
    },
    Weak {
        name: "overwrites",
        about: "a commit compares nothing with what its transaction read: the later of two that write one row \
                undoes the earlier (read committed, lost updates)",
        compares: false,
    },
];

impl Weak {
    pub(super) fn puts_off(&self, changes: &Changes) -> Option<PutOff> {
        if changes.is_empty() {
            return None;
        }
        let (now, later) = (nothing_of(changes), changes.clone());
        Some(PutOff { now, later, answered: false, compares: self.compares })
    }
}
