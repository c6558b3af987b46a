//! One step made two, in one order or the other: some rows of a commit are written at a later step than the rest, or
//! its caller is answered before it.

use steadfast_model::claim::{Claim, Role};
use steadfast_operations::seam::{Changes, Row, Step, Table, Write};

use super::forgotten::tells_of;
use super::{PutOff, nothing_of};
use crate::scenario::generated::Op;

/// What should be one step.
#[derive(Debug)]
pub struct Swapped {
    pub name: &'static str,
    pub about: &'static str,
    pub(super) ops: &'static [Op],
    how: How,
}

/// How it is two.
#[derive(Debug)]
enum How {
    /// Rows of these tables are written first, and the rest later.
    First(Step, &'static [Table]),
    /// Claims that come to be in this role are written first, and the rest later.
    Claims(Step, Role),
    /// The caller has its answer, and the commit comes later.
    Answered(Step),
    /// An agent speaks as if the orders that it gave had ended.
    SaysBeforeItActs,
}

impl PartialEq for Swapped {
    fn eq(&self, other: &Swapped) -> bool {
        self.name == other.name
    }
}

impl Eq for Swapped {}

const fn first(
    name: &'static str,
    about: &'static str,
    ops: &'static [Op],
    step: Step,
    tables: &'static [Table],
) -> Swapped {
    Swapped { name, about, ops, how: How::First(step, tables) }
}

const fn answered(name: &'static str, about: &'static str, ops: &'static [Op], step: Step) -> Swapped {
    Swapped { name, about, ops, how: How::Answered(step) }
}

const HOST: &[Table] = &[Table::Host];
const CLAIMS: &[Table] = &[Table::Claim];
const DEVICES: &[Table] = &[Table::Device];
const INSTANCE: &[Table] = &[Table::Instance];
const MIGRATION: &[Table] = &[Table::Migration];

pub(super) const ALL: &[Swapped] = &[
    Swapped {
        name: "hand_over, dest first",
        about: "the destination becomes the home, and the source leaves later",
        ops: &[Op::Evacuate],
        how: How::Claims("evacuate.hand_over", Role::Home),
    },
    Swapped {
        name: "hand_over, source first",
        about: "the source leaves, and the destination becomes the home later",
        ops: &[Op::Evacuate],
        how: How::Claims("evacuate.hand_over", Role::Leaving),
    },
    Swapped {
        name: "agent, words before deeds",
        about: "an agent says what will be so once its orders have ended",
        ops: &[Op::Boot, Op::Delete, Op::Stop, Op::Start, Op::Evacuate],
        how: How::SaysBeforeItActs,
    },
    first(
        "hand_over, migration first",
        "the migration is done before the homes change",
        &[Op::Evacuate],
        "evacuate.hand_over",
        MIGRATION,
    ),
    first(
        "hand_over, instance first",
        "the instance says where it is before its home is there",
        &[Op::Evacuate],
        "evacuate.hand_over",
        INSTANCE,
    ),
    first(
        "hand_over, list_gen first",
        "agents are woken before anything else is wanted",
        &[Op::Evacuate],
        "evacuate.hand_over",
        HOST,
    ),
    first(
        "abort, migration first",
        "the migration fails before its claim leaves and the roll-back begins",
        &[Op::Evacuate],
        "evacuate.abort",
        MIGRATION,
    ),
    first(
        "abort, claim first",
        "the destination leaves before the roll-back begins",
        &[Op::Evacuate],
        "evacuate.abort",
        CLAIMS,
    ),
    first(
        "evacuate.request, instance first",
        "the operation begins before its source may no longer run",
        &[Op::Evacuate],
        "evacuate.request",
        &[Table::Instance, Table::Migration, Table::Action],
    ),
    first(
        "evacuate.request, claim first",
        "the source may no longer run before the operation begins",
        &[Op::Evacuate],
        "evacuate.request",
        CLAIMS,
    ),
    first(
        "evacuate.request, migration first",
        "the migration is there before its operation",
        &[Op::Evacuate],
        "evacuate.request",
        MIGRATION,
    ),
    first(
        "evacuate.claim, devices first",
        "devices are granted before their claim is there",
        &[Op::Evacuate],
        "evacuate.claim",
        DEVICES,
    ),
    first(
        "evacuate.claim, claim first",
        "a claim is there before its devices are granted",
        &[Op::Evacuate],
        "evacuate.claim",
        CLAIMS,
    ),
    first(
        "evacuate.claim, list_gen first",
        "the agent is woken before the claim is there",
        &[Op::Evacuate],
        "evacuate.claim",
        HOST,
    ),
    first(
        "boot.claim, devices first",
        "devices are granted before their claim is there",
        &[Op::Boot],
        "boot.claim",
        DEVICES,
    ),
    first(
        "boot.claim, claim first",
        "a claim is there before its devices are granted",
        &[Op::Boot],
        "boot.claim",
        CLAIMS,
    ),
    first(
        "boot.claim, instance last",
        "the claim is there before the instance says so",
        &[Op::Boot],
        "boot.claim",
        &[Table::Claim, Table::Device, Table::Host],
    ),
    first(
        "boot.claim, list_gen first",
        "the agent is woken before the claim is there",
        &[Op::Boot],
        "boot.claim",
        HOST,
    ),
    first(
        "stop.request, claim first",
        "the guest is wanted off before the operation begins",
        &[Op::Stop],
        "stop.request",
        CLAIMS,
    ),
    first(
        "stop.request, instance first",
        "the operation begins before the guest is wanted off",
        &[Op::Stop],
        "stop.request",
        &[Table::Instance, Table::Action],
    ),
    first(
        "start.request, claim first",
        "the guest is wanted on before the operation begins",
        &[Op::Start],
        "start.request",
        CLAIMS,
    ),
    first(
        "start.request, instance first",
        "the operation begins before the guest is wanted on",
        &[Op::Start],
        "start.request",
        &[Table::Instance, Table::Action],
    ),
    first(
        "delete, instance first",
        "the instance is deleted before its claims leave",
        &[Op::Delete],
        "delete",
        INSTANCE,
    ),
    first(
        "delete, claims first",
        "the claims leave before the instance is deleted",
        &[Op::Delete],
        "delete",
        CLAIMS,
    ),
    first(
        "delete, list_gen first",
        "the agent is woken before anything else is wanted",
        &[Op::Delete],
        "delete",
        HOST,
    ),
    first(
        "register, host first",
        "a life is registered before its claims are hot and their answers void",
        &[Op::HostReturn, Op::AgentRestart],
        "register",
        HOST,
    ),
    first(
        "register, claims first",
        "claims are hot and their answers void before the life is registered",
        &[Op::HostReturn, Op::AgentRestart],
        "register",
        CLAIMS,
    ),
    first(
        "report, claims first",
        "a claim ends before its devices are free",
        &[Op::Delete],
        "report",
        CLAIMS,
    ),
    first(
        "report, devices first",
        "devices are free before their claim ends",
        &[Op::Delete],
        "report",
        DEVICES,
    ),
    first(
        "report, host first",
        "the census is numbered before its devices are counted",
        &[Op::ReadmitHost, Op::HostReturn, Op::AgentRestart],
        "report",
        HOST,
    ),
    first(
        "fence.receipt, host first",
        "the receipt is there before its claims are quiet",
        &[Op::Fence],
        "fence.receipt",
        HOST,
    ),
    first(
        "fence.receipt, claims first",
        "claims are quiet before the receipt is there",
        &[Op::Fence],
        "fence.receipt",
        CLAIMS,
    ),
    first(
        "fence.intent, claims first",
        "answers are void before the life is shut out",
        &[Op::Fence],
        "fence.intent",
        CLAIMS,
    ),
    first(
        "fence.intent, host first",
        "the life is shut out before its answers are void",
        &[Op::Fence],
        "fence.intent",
        HOST,
    ),
    first(
        "force_down, host first",
        "the assertion is there before its claims are quiet",
        &[Op::ForceDown],
        "force_down",
        HOST,
    ),
    first(
        "force_down, claims first",
        "claims are quiet before the assertion is there",
        &[Op::ForceDown],
        "force_down",
        CLAIMS,
    ),
    first(
        "remove_host, host first",
        "the tombstone is there before the claims end",
        &[Op::RemoveHost],
        "remove_host",
        HOST,
    ),
    first(
        "remove_host, claims first",
        "the claims end before the tombstone is there",
        &[Op::RemoveHost],
        "remove_host",
        CLAIMS,
    ),
    first(
        "roll_back.end, claim first",
        "the source may run before the roll-back is over",
        &[Op::Evacuate],
        "roll_back.end",
        CLAIMS,
    ),
    first(
        "roll_back.end, instance first",
        "the roll-back is over before the source may run",
        &[Op::Evacuate],
        "roll_back.end",
        INSTANCE,
    ),
    Swapped {
        name: "migrate.hand_over, dest first",
        about: "the destination becomes the home, and the source is kept later",
        ops: &[Op::Migrate],
        how: How::Claims("migrate.hand_over", Role::Home),
    },
    Swapped {
        name: "migrate.hand_over, source first",
        about: "the source is kept, and the destination becomes the home later",
        ops: &[Op::Migrate],
        how: How::Claims("migrate.hand_over", Role::Held),
    },
    first(
        "migrate.hand_over, instance first",
        "the instance says where it is before its home is there",
        &[Op::Migrate],
        "migrate.hand_over",
        INSTANCE,
    ),
    first(
        "migrate.request, instance first",
        "the operation begins before its source may no longer run",
        &[Op::Migrate],
        "migrate.request",
        &[Table::Instance, Table::Migration, Table::Action],
    ),
    first(
        "migrate.request, claim first",
        "the source may no longer run before the operation begins",
        &[Op::Migrate],
        "migrate.request",
        CLAIMS,
    ),
    first(
        "migrate.abort, claim first",
        "the destination leaves before the roll-back begins",
        &[Op::Migrate, Op::Fence],
        "migrate.abort",
        CLAIMS,
    ),
    first("confirm, claim first", "what is kept leaves first", &[Op::Confirm], "confirm", CLAIMS),
    first(
        "confirm, instance first",
        "the instance is as before while something is kept",
        &[Op::Confirm],
        "confirm",
        INSTANCE,
    ),
    first(
        "revert.request, claim first",
        "the home may no longer run before the revert begins",
        &[Op::Revert],
        "revert.request",
        CLAIMS,
    ),
    first(
        "revert.request, instance first",
        "the revert begins before its home may no longer run",
        &[Op::Revert],
        "revert.request",
        INSTANCE,
    ),
    Swapped {
        name: "revert.hand_over, kept first",
        about: "what was kept becomes the home, and the home leaves later",
        ops: &[Op::Revert],
        how: How::Claims("revert.hand_over", Role::Home),
    },
    Swapped {
        name: "revert.hand_over, home first",
        about: "the home leaves, and what was kept becomes the home later",
        ops: &[Op::Revert],
        how: How::Claims("revert.hand_over", Role::Leaving),
    },
    answered(
        "list, told later",
        "an agent has its list before it counts as told",
        &[Op::Delete, Op::Boot],
        "list",
    ),
    answered(
        "register, answered first",
        "an agent has its epoch before the store",
        &[Op::AgentRestart, Op::HostReturn],
        "register",
    ),
    answered(
        "report, answered first",
        "an agent is heard before anything is written",
        &[Op::Report, Op::Boot, Op::Delete],
        "report",
    ),
    answered(
        "fence.intent, answered first",
        "a host is powered off before its life is shut out",
        &[Op::Fence],
        "fence.intent",
    ),
];

impl Swapped {
    pub(super) fn puts_off(&self, changes: &Changes) -> Option<PutOff> {
        match self.how {
            How::First(step, tables) if step == changes.step => {
                Some(parted(changes, |write| tables.contains(&write.key.table())))
            }
            How::Claims(step, role) if step == changes.step => Some(parted(changes, |write| {
                write.record.as_ref().and_then(Claim::of_record).is_some_and(|claim| claim.role == role)
            })),
            How::Answered(step) if step == changes.step => Some(PutOff {
                now: nothing_of(changes),
                later: changes.clone(),
                answered: true,
                compares: false,
            }),
            How::First(..) | How::Claims(..) | How::Answered(_) | How::SaysBeforeItActs => None,
        }
    }

    /// Whether agents speak before they act.
    pub(crate) fn says_before_it_acts(&self) -> bool {
        matches!(self.how, How::SaysBeforeItActs)
    }
}

/// The changes in two, those that are `first` and the rest. The ledger tells of a device with the device's row, and of
/// a claim with the claim's.
fn parted(changes: &Changes, first: impl Fn(&Write) -> bool) -> PutOff {
    let (now, later): (Vec<Write>, Vec<Write>) =
        changes.writes.iter().cloned().partition(|write| first(write));
    let with = |writes: Vec<Write>| {
        let ledger = changes.ledger.iter().filter(|entry| writes.iter().any(|write| tells_of(write, entry)));
        Changes { ledger: ledger.cloned().collect(), writes, ..changes.clone() }
    };
    let (now, later) = (with(now), with(later));
    PutOff { now, later, answered: false, compares: false }
}
