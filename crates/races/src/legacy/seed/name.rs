//! What repairs and circumstances are called where somebody types them.

use super::{Circumstance, Repair};

impl Repair {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Repair::None => "unrepaired",
            Repair::ReorderWrites => "reorder-writes",
            Repair::ReorderReads => "reorder-reads",
            Repair::Lock => "lock",
            Repair::Atomic => "atomic",
        }
    }
}

impl Circumstance {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Circumstance::Alone => "alone",
            Circumstance::SecondProcess => "second-process",
            Circumstance::Tool => "tool",
            Circumstance::Crash => "crash",
        }
    }

    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Circumstance::Alone => "one agent audits",
            Circumstance::SecondProcess => "a second agent audits as well",
            Circumstance::Tool => "an operator's tool audits as well",
            Circumstance::Crash => "the agent dies, and another audits",
        }
    }
}
