//! What is done twice: a message that is handled again, a body that is run and committed again although its first
//! commit was stored, an order that takes effect again. The second time comes at any later step.

use steadfast_operations::seam::Step;

use crate::scenario::generated::Op;

/// Something that is done twice.
#[derive(Debug, PartialEq, Eq)]
pub struct Twice {
    pub name: &'static str,
    pub about: &'static str,
    pub(super) ops: &'static [Op],
    pub(super) what: Again,
}

/// What is done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// The handler of a message; its sender hears the second answer.
    Message(Step),
    /// The body of a transaction; its caller hears the second answer.
    Body(Step),
    /// The effect of an order to a machine.
    Act(&'static str),
}

const fn message(step: Step, about: &'static str, ops: &'static [Op]) -> Twice {
    Twice { name: step, about, ops, what: Again::Message(step) }
}

const fn body(step: Step, about: &'static str, ops: &'static [Op]) -> Twice {
    Twice { name: step, about, ops, what: Again::Body(step) }
}

const fn act(name: &'static str, about: &'static str, order: &'static str, ops: &'static [Op]) -> Twice {
    Twice { name, about, ops, what: Again::Act(order) }
}

pub(super) const ALL: &[Twice] = &[
    message("hello", "the question for the epoch is answered twice", &[Op::AgentRestart, Op::HostReturn]),
    message("register", "a registration is handled twice", &[Op::AgentRestart, Op::HostReturn]),
    message("list", "a question for the list is answered twice", &[Op::Boot, Op::Delete]),
    message("report", "a report is handled twice", &[Op::Report, Op::Boot, Op::Delete, Op::Stop]),
    body("boot.request", "a request to boot is recorded again after its answer was lost", &[Op::Boot]),
    body("boot.claim", "a claim for a boot is made again after its answer was lost", &[Op::Boot]),
    body(
        "evacuate.request",
        "a request to evacuate is taken again after its answer was lost",
        &[Op::Evacuate],
    ),
    body(
        "evacuate.claim",
        "a claim for an evacuation is made again after its answer was lost",
        &[Op::Evacuate],
    ),
    body("evacuate.no_host", "an evacuation is given up again after the answer was lost", &[Op::Evacuate]),
    body("migrate.request", "a request to move is taken again after its answer was lost", &[Op::Migrate]),
    body("migrate.claim", "a claim for a move is made again after its answer was lost", &[Op::Migrate]),
    body("migrate.no_host", "a move is given up again after the answer was lost", &[Op::Migrate]),
    body("confirm", "a move is confirmed again after the answer was lost", &[Op::Confirm]),
    body("revert.request", "a request to revert is taken again after its answer was lost", &[Op::Revert]),
    body(
        "advance",
        "the next step of an operation is done again after its answer was lost",
        &[Op::Boot, Op::Evacuate],
    ),
    body("stop.request", "a request to stop is taken again after its answer was lost", &[Op::Stop]),
    body("start.request", "a request to start is taken again after its answer was lost", &[Op::Start]),
    body("delete", "a deletion is done again after its answer was lost", &[Op::Delete]),
    body("fence.intent", "an intent to fence is written again after its answer was lost", &[Op::Fence]),
    body("fence.receipt", "a receipt is written again after its answer was lost", &[Op::Fence]),
    body("force_down", "an assertion is recorded again after its answer was lost", &[Op::ForceDown]),
    body("unforce_down", "an assertion is taken back again after its answer was lost", &[Op::UnforceDown]),
    body(
        "disable",
        "a host is disabled or enabled again after the answer was lost",
        &[Op::Disable, Op::Enable],
    ),
    body("remove_host", "a host is removed again after the answer was lost", &[Op::RemoveHost]),
    body("readmit_host", "a host is re-admitted again after the answer was lost", &[Op::ReadmitHost]),
    body("assert_clean", "a device is called clean again after the answer was lost", &[Op::AssertClean]),
    act("act build", "an order to build takes effect twice", "build", &[Op::Boot, Op::Delete]),
    act("act start", "an order to start takes effect twice", "start", &[Op::Start, Op::Delete]),
    act("act stop", "an order to stop takes effect twice", "stop", &[Op::Stop, Op::Delete]),
    act("act destroy", "an order to destroy takes effect twice", "destroy", &[Op::Delete]),
    act("act sanitize", "an order to sanitise takes effect twice", "sanitize", &[Op::AssertClean]),
];
