//! Transactions torn in two: the body decides on what it reads at one step, and its writes come at a later one, over
//! whatever is there by then. So does code that reads outside the transaction that writes.

use steadfast_operations::seam::{Changes, Step};

use super::{PutOff, nothing_of};
use crate::scenario::generated::Op;

/// A transaction that is torn.
#[derive(Debug, PartialEq, Eq)]
pub struct Torn {
    /// What it turned out to do.
    pub step: Step,
    pub(super) ops: &'static [Op],
}

const fn torn(step: Step, ops: &'static [Op]) -> Torn {
    Torn { step, ops }
}

pub(super) const ALL: &[Torn] = &[
    torn("boot.request", &[Op::Boot]),
    torn("boot.claim", &[Op::Boot]),
    torn("boot.end", &[Op::Boot]),
    torn("boot.fail", &[Op::Boot]),
    torn("boot.no_host", &[Op::Boot]),
    torn("stop.request", &[Op::Stop]),
    torn("stop.end", &[Op::Stop]),
    torn("stop.fail", &[Op::Stop]),
    torn("start.request", &[Op::Start]),
    torn("start.end", &[Op::Start]),
    torn("start.fail", &[Op::Start]),
    torn("evacuate.request", &[Op::Evacuate]),
    torn("evacuate.claim", &[Op::Evacuate]),
    torn("evacuate.no_host", &[Op::Evacuate]),
    torn("evacuate.hand_over", &[Op::Evacuate]),
    torn("evacuate.abort", &[Op::Evacuate]),
    torn("migrate.request", &[Op::Migrate]),
    torn("migrate.claim", &[Op::Migrate]),
    torn("migrate.no_host", &[Op::Migrate]),
    torn("migrate.go_on", &[Op::Migrate]),
    torn("migrate.hand_over", &[Op::Migrate]),
    torn("migrate.abort", &[Op::Migrate]),
    torn("confirm", &[Op::Confirm]),
    torn("revert.request", &[Op::Revert]),
    torn("revert.hand_over", &[Op::Revert]),
    torn("revert.abort", &[Op::Revert]),
    torn("roll_back.end", &[Op::Evacuate, Op::Migrate]),
    torn("delete", &[Op::Delete]),
    torn("register", &[Op::HostReturn, Op::AgentRestart]),
    torn("list", &[Op::Boot, Op::AgentRestart]),
    torn("report", &[Op::Report, Op::Boot, Op::Delete]),
    torn("fence.intent", &[Op::Fence]),
    torn("fence.receipt", &[Op::Fence]),
    torn("force_down", &[Op::ForceDown]),
    torn("unforce_down", &[Op::UnforceDown]),
    torn("disable", &[Op::Disable, Op::Enable]),
    torn("remove_host", &[Op::RemoveHost]),
    torn("readmit_host", &[Op::ReadmitHost]),
    torn("assert_clean", &[Op::AssertClean]),
];

impl Torn {
    pub(super) fn puts_off(&self, changes: &Changes) -> Option<PutOff> {
        if changes.step != self.step {
            return None;
        }
        Some(PutOff { now: nothing_of(changes), later: changes.clone(), answered: false, compares: false })
    }
}
