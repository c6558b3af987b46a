//! The checks, and how what they look at looks.

use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::host::{Host, Receipt};
use steadfast_model::ids::{Attempt, ClaimId, Epoch, HostId, InstanceId, InventorySeq, Order};
use steadfast_model::instance::{Instance, Operation, VmState};
use steadfast_model::message::{Answer, Report};
use steadfast_model::migration::Migration;
use steadfast_model::pci::Kind;
use steadfast_operations::seam::{Key, Row, Step};
use steadfast_store::Memory;

use super::{Blind, Looks, Sight};
use crate::scenario::generated::Op;

/// `Row: field = how it looks, …`, where `store` and `row` may be used, and `if` says of which rows.
macro_rules! looks {
    ($row:ident |$store:ident, $is:ident| if $when:expr; $($field:ident = $value:expr),+) => {
        Sight::$row(Looks {
            look: |$store, $is| {
                let _ = $store;
                if $when {
                    $($is.$field = $value;)+
                }
            },
            mend: |looked, is, new| {
                $(if new.$field == looked.$field {
                    new.$field.clone_from(&is.$field);
                })+
            },
        })
    };
    ($row:ident: $($field:ident = $value:expr),+) => {
        looks!($row |store, row| if true; $($field = $value),+)
    };
}

const CLAIMS: &[Step] = &["boot.claim", "evacuate.claim", "migrate.claim"];

pub(in crate::mutant) const ALL: &[Blind] = &[
    Blind {
        name: "boot.claim attempt",
        about: "a boot claims whatever has become of its instance",
        ops: &[Op::Boot, Op::Delete],
        steps: &["boot.claim"],
        sight: looks!(Instance |store, row| if row.operation.is_none();
            operation = Some(Operation::Boot), attempt = Attempt(1)),
    },
    Blind {
        name: "boot.no_host attempt",
        about: "a boot is given up whatever has become of its instance",
        ops: &[Op::Boot, Op::Delete, Op::Fence],
        steps: &["boot.no_host"],
        sight: looks!(Instance |store, row| if row.operation.is_none();
            operation = Some(Operation::Boot), attempt = Attempt(1)),
    },
    Blind {
        name: "evacuate.claim attempt",
        about: "an evacuation claims whatever has become of its instance",
        ops: &[Op::Evacuate, Op::Delete],
        steps: &["evacuate.claim"],
        sight: looks!(Instance |store, row| if newest_move(store, row.id).is_some();
            operation = evacuating(store, row.id), attempt = attempt_of_move(store, row.id)),
    },
    Blind {
        name: "evacuate.no_host attempt",
        about: "an evacuation is given up whatever has become of its instance",
        ops: &[Op::Evacuate, Op::Delete],
        steps: &["evacuate.no_host"],
        sight: looks!(Instance |store, row| if newest_move(store, row.id).is_some();
            operation = evacuating(store, row.id), attempt = attempt_of_move(store, row.id)),
    },
    Blind {
        name: "claim is there",
        about: "a claim is made although the operation has one already",
        ops: &[Op::Boot, Op::Evacuate, Op::Sweep],
        steps: CLAIMS,
        sight: looks!(Claim |store, row| if row.role == Role::Incoming || store_boots(store, row.instance);
            role = Role::Leaving),
    },
    Blind {
        name: "no_host, claim is there",
        about: "an operation is given up although it has a claim already",
        ops: &[Op::Boot, Op::Evacuate, Op::Sweep],
        steps: &["boot.no_host", "evacuate.no_host", "migrate.no_host"],
        sight: looks!(Claim |store, row| if row.role == Role::Incoming || store_boots(store, row.instance);
            role = Role::Leaving),
    },
    Blind {
        name: "evacuate.claim device owner",
        about: "an evacuation claims a device that has an owner",
        ops: &[Op::Evacuate, Op::Boot],
        steps: &["evacuate.claim"],
        sight: looks!(Device: owner = None),
    },
    Blind {
        name: "device in foreign hands",
        about: "a device is claimed that a guest nobody knows holds",
        ops: &[Op::Boot, Op::ReadmitHost],
        steps: &["boot.claim", "evacuate.claim", "migrate.claim", "schedule"],
        sight: looks!(Device: foreign = false),
    },
    Blind {
        name: "device that is missing",
        about: "a device is claimed that the host does not list",
        ops: &[Op::Boot],
        steps: CLAIMS,
        sight: looks!(Device: present = true),
    },
    Blind {
        name: "report missing device",
        about: "a device that the host does not list is removed although an instance has it",
        ops: &[Op::Report, Op::Delete],
        steps: &["report"],
        sight: looks!(Device |store, row| if !is_leaving(store, row.owner); owner = None),
    },
    Blind {
        name: "claim on a disabled host",
        about: "a claim is made on a host that was disabled since the fleet was read",
        ops: &[Op::Boot, Op::Disable],
        steps: CLAIMS,
        sight: looks!(Host: disabled = None),
    },
    Blind {
        name: "claim on a removed host",
        about: "a claim is made on a host whatever its tombstone says",
        ops: &[Op::Boot, Op::RemoveHost],
        steps: CLAIMS,
        sight: looks!(Host: removed = false),
    },
    Blind {
        name: "claim on a fenced host",
        about: "a claim is made on a host whatever receipt it has",
        ops: &[Op::Boot, Op::ForceDown, Op::Fence],
        steps: CLAIMS,
        sight: looks!(Host: receipt = None),
    },
    Blind {
        name: "claim on an unregistered host",
        about: "a claim is made on a host that is being fenced",
        ops: &[Op::Boot, Op::Fence],
        steps: CLAIMS,
        sight: looks!(Host: registered = true),
    },
    Blind {
        name: "schedule, any host",
        about: "the fleet shows every host as alive and enabled",
        ops: &[Op::Boot, Op::Disable, Op::ForceDown, Op::Evacuate],
        steps: &["schedule"],
        sight: looks!(Host: registered = true, receipt = None, removed = false, disabled = None),
    },
    Blind {
        name: "schedule, any device",
        about: "the fleet shows every device as free",
        ops: &[Op::Boot, Op::Evacuate],
        steps: &["schedule"],
        sight: looks!(Device: owner = None),
    },
    Blind {
        name: "advance, it runs",
        about: "an operation goes on as if its agent had said that the guest runs",
        ops: &[Op::Boot, Op::Evacuate, Op::Start],
        steps: &["advance"],
        sight: looks!(Claim |store, row| if row.run; said = Said::Running),
    },
    Blind {
        name: "advance, it is off",
        about: "an operation goes on as if its agent had said that the guest is off",
        ops: &[Op::Stop, Op::Evacuate],
        steps: &["advance"],
        sight: looks!(Claim |store, row| if !row.run && !row.is_leaving(); said = Said::Off),
    },
    Blind {
        name: "report epoch",
        about: "a report of a life that is over counts",
        ops: &[Op::Report, Op::AgentRestart, Op::HostReturn],
        steps: &["report"],
        sight: Sight::Report(|store, report| report.epoch = epoch_of(store, &report.host)),
    },
    Blind {
        name: "report of the unregistered",
        about: "a report counts although no life is registered",
        ops: &[Op::Report, Op::Fence, Op::ForceDown],
        steps: &["report"],
        sight: looks!(Host: registered = true),
    },
    Blind {
        name: "list of the unregistered",
        about: "a list is given although no life is registered",
        ops: &[Op::Boot, Op::Fence, Op::ForceDown],
        steps: &["list"],
        sight: looks!(Host: registered = true),
    },
    Blind {
        name: "list epoch",
        about: "a list is given to a life that is over",
        ops: &[Op::AgentRestart, Op::Boot, Op::ForceDown],
        steps: &["list"],
        sight: Sight::AskList(|store, ask| ask.epoch = epoch_of(store, &ask.host)),
    },
    Blind {
        name: "register from",
        about: "a life registers whatever epoch it read before",
        ops: &[Op::AgentRestart, Op::HostReturn, Op::ForceDown],
        steps: &["register"],
        sight: Sight::Register(|store, life| life.from = epoch_of(store, &life.host)),
    },
    Blind {
        name: "register nonce",
        about: "a copy of a registration is not known for one",
        ops: &[Op::AgentRestart, Op::HostReturn],
        steps: &["register"],
        sight: looks!(Host: nonce = None),
    },
    Blind {
        name: "order of running",
        about: "`running` counts whatever order it answers",
        ops: &[Op::Start, Op::Stop, Op::Boot],
        steps: &["report"],
        sight: Sight::Report(|store, report| any_order(store, report, |answer| *answer == Answer::Running)),
    },
    Blind {
        name: "order of off",
        about: "`off` counts whatever order it answers",
        ops: &[Op::Start, Op::Stop],
        steps: &["report"],
        sight: Sight::Report(|store, report| any_order(store, report, |answer| *answer == Answer::Off)),
    },
    Blind {
        name: "order of failed",
        about: "`failed` counts whatever order it answers",
        ops: &[Op::Start, Op::Stop],
        steps: &["report"],
        sight: Sight::Report(|store, report| {
            any_order(store, report, |answer| matches!(answer, Answer::Failed(_)));
        }),
    },
    Blind {
        name: "order of gone",
        about: "`gone` counts whatever order it answers",
        ops: &[Op::Delete, Op::Evacuate],
        steps: &["report"],
        sight: Sight::Report(|store, report| any_order(store, report, |answer| *answer == Answer::Gone)),
    },
    Blind {
        name: "census number",
        about: "a census counts although a newer one was taken",
        ops: &[Op::Report, Op::ReadmitHost],
        steps: &["report"],
        sight: looks!(Host: inventory_seq = InventorySeq(0)),
    },
    Blind {
        name: "receipt, intent",
        about: "a receipt does not compare the intent",
        ops: &[Op::Fence],
        steps: &["fence.receipt"],
        sight: looks!(Host |store, row| if true; fence_intent = Some(row.epoch)),
    },
    Blind {
        name: "receipt, life",
        about: "a receipt counts although a life is registered",
        ops: &[Op::Fence, Op::AgentRestart],
        steps: &["fence.receipt"],
        sight: looks!(Host: registered = false),
    },
    Blind {
        name: "evacuate.request receipt",
        about: "an evacuation begins although nothing proves that the source is down",
        ops: &[Op::Evacuate, Op::HostReturn, Op::UnforceDown],
        steps: &["evacuate.request"],
        sight: looks!(Host: receipt = Some(Receipt::Driver)),
    },
    Blind {
        name: "evacuate.request others hot",
        about: "an evacuation begins although another claim of the instance may be running",
        ops: &[Op::Evacuate, Op::HostReturn],
        steps: &["evacuate.request"],
        sight: looks!(Claim: hot = false),
    },
    Blind {
        name: "stop.request operation",
        about: "a stop begins while another operation runs",
        ops: &[Op::Stop, Op::Start, Op::Evacuate, Op::Boot],
        steps: &["stop.request"],
        sight: looks!(Instance: operation = None),
    },
    Blind {
        name: "start.request operation",
        about: "a start begins while another operation runs",
        ops: &[Op::Start, Op::Evacuate],
        steps: &["start.request"],
        sight: looks!(Instance: operation = None),
    },
    Blind {
        name: "stop.request state",
        about: "an instance is stopped in any state",
        ops: &[Op::Stop],
        steps: &["stop.request"],
        sight: looks!(Instance |store, row| if !row.is_deleted(); vm_state = VmState::Active),
    },
    Blind {
        name: "start.request state",
        about: "an instance is started in any state",
        ops: &[Op::Start],
        steps: &["start.request"],
        sight: looks!(Instance |store, row| if !row.is_deleted(); vm_state = VmState::Stopped),
    },
    Blind {
        name: "delete state",
        about: "a deleted instance is deleted again",
        ops: &[Op::Delete],
        steps: &["delete"],
        sight: looks!(Instance |store, row| if row.is_deleted(); vm_state = VmState::Active),
    },
    Blind {
        name: "remove_host receipt",
        about: "a host is removed although nothing proves that it is down",
        ops: &[Op::RemoveHost, Op::HostReturn, Op::UnforceDown],
        steps: &["remove_host"],
        sight: looks!(Host: receipt = Some(Receipt::Driver)),
    },
    Blind {
        name: "readmit_host removed",
        about: "a host is re-admitted that was not removed",
        ops: &[Op::ReadmitHost],
        steps: &["readmit_host"],
        sight: looks!(Host: removed = true),
    },
    Blind {
        name: "unforce_down asserted",
        about: "a driver's receipt is taken back as if a person had given it",
        ops: &[Op::UnforceDown, Op::Fence],
        steps: &["unforce_down"],
        sight: looks!(Host |store, row| if row.receipt.is_some();
            receipt = "operator".parse().ok().map(Receipt::Asserted)),
    },
    Blind {
        name: "dirty relative",
        about: "a function is claimed whose hardware has a dirty one",
        ops: &[Op::AssertClean],
        steps: &["boot.claim", "evacuate.claim", "migrate.claim", "schedule"],
        sight: looks!(Device |store, row| if row.seen.kind != Kind::Pci; dirt = None),
    },
    Blind {
        name: "assert_clean foreign",
        about: "a device is called clean that a guest nobody knows holds",
        ops: &[Op::AssertClean],
        steps: &["assert_clean"],
        sight: looks!(Device: foreign = false),
    },
];

/// The checks of moves, and of what confirms or reverts them.
pub(in crate::mutant) const OF_MOVES: &[Blind] = &[
    Blind {
        name: "migrate.claim attempt",
        about: "a move claims whatever has become of its instance",
        ops: &[Op::Migrate, Op::Delete],
        steps: &["migrate.claim"],
        sight: looks!(Instance |store, row| if newest_move(store, row.id).is_some();
            operation = migrating(store, row.id), attempt = attempt_of_move(store, row.id)),
    },
    Blind {
        name: "migrate.no_host attempt",
        about: "a move is given up whatever has become of its instance",
        ops: &[Op::Migrate, Op::Delete],
        steps: &["migrate.no_host"],
        sight: looks!(Instance |store, row| if newest_move(store, row.id).is_some();
            operation = migrating(store, row.id), attempt = attempt_of_move(store, row.id)),
    },
    Blind {
        name: "migrate.claim device owner",
        about: "a move claims a device that has an owner",
        ops: &[Op::Migrate, Op::Boot],
        steps: &["migrate.claim"],
        sight: looks!(Device: owner = None),
    },
    Blind {
        name: "migrate.request operation",
        about: "a move begins while another operation runs",
        ops: &[Op::Migrate, Op::Stop, Op::Start, Op::Boot],
        steps: &["migrate.request"],
        sight: looks!(Instance: operation = None),
    },
    Blind {
        name: "migrate.request state",
        about: "an instance is moved in any state",
        ops: &[Op::Migrate],
        steps: &["migrate.request"],
        sight: looks!(Instance |store, row| if !row.is_deleted(); vm_state = VmState::Active),
    },
    Blind {
        name: "migrate.request living source",
        about: "a move begins although no life of its source is registered",
        ops: &[Op::Migrate, Op::ForceDown, Op::Fence],
        steps: &["migrate.request"],
        sight: looks!(Host: registered = true, receipt = None),
    },
    Blind {
        name: "confirm operation",
        about: "a move is confirmed while another operation runs",
        ops: &[Op::Confirm, Op::Revert, Op::Migrate],
        steps: &["confirm"],
        sight: looks!(Instance: operation = None),
    },
    Blind {
        name: "confirm state",
        about: "a move is confirmed that was confirmed before",
        ops: &[Op::Confirm, Op::Revert, Op::Migrate],
        steps: &["confirm"],
        sight: looks!(Instance |store, row| if !row.is_deleted(); vm_state = VmState::Resized),
    },
    Blind {
        name: "confirm living home",
        about: "a move is confirmed although the new home does not live",
        ops: &[Op::Confirm, Op::Fence],
        steps: &["confirm"],
        sight: looks!(Host: registered = true, receipt = None),
    },
    Blind {
        name: "revert.request operation",
        about: "a revert begins while another operation runs",
        ops: &[Op::Confirm, Op::Revert, Op::Migrate],
        steps: &["revert.request"],
        sight: looks!(Instance: operation = None),
    },
    Blind {
        name: "revert.request state",
        about: "a revert begins of what was confirmed",
        ops: &[Op::Confirm, Op::Revert, Op::Migrate],
        steps: &["revert.request"],
        sight: looks!(Instance |store, row| if !row.is_deleted(); vm_state = VmState::Resized),
    },
    Blind {
        name: "revert.request living source",
        about: "a revert begins although the host does not live that it leads to",
        ops: &[Op::Revert, Op::Fence, Op::ForceDown],
        steps: &["revert.request"],
        sight: looks!(Host: registered = true, receipt = None),
    },
    Blind {
        name: "advance, what is kept is off",
        about: "what is kept counts as off, whatever its agent said in this life",
        ops: &[Op::Revert, Op::HostReturn, Op::AgentRestart],
        steps: &["advance"],
        sight: looks!(Claim |store, row| if row.role == Role::Held; said = Said::Off),
    },
];

fn epoch_of(store: &Memory, host: &HostId) -> Epoch {
    let row = store.row(&Key::Host(host.clone()));
    row.and_then(|row| Host::of_record(&row.record)).map_or(Epoch(0), |host| host.epoch)
}

fn newest_move(store: &Memory, instance: InstanceId) -> Option<Migration> {
    let moves = store.rows().filter_map(|(_, row)| Migration::of_record(&row.record));
    moves.filter(|row| row.instance == instance).map(|row| row.as_ref().clone()).max_by_key(|row| row.id)
}

fn evacuating(store: &Memory, instance: InstanceId) -> Option<Operation> {
    newest_move(store, instance).map(|row| Operation::Evacuate(row.id))
}

fn migrating(store: &Memory, instance: InstanceId) -> Option<Operation> {
    newest_move(store, instance).map(|row| Operation::Migrate(row.id))
}

fn attempt_of_move(store: &Memory, instance: InstanceId) -> Attempt {
    newest_move(store, instance).map_or(Attempt(0), |row| row.attempt)
}

/// Whether this claim is on its way out.
fn is_leaving(store: &Memory, claim: Option<ClaimId>) -> bool {
    let row = claim.and_then(|claim| store.row(&Key::Claim(claim)));
    row.and_then(|row| Claim::of_record(&row.record)).is_some_and(|claim| claim.is_leaving())
}

/// Whether the instance is being booted.
fn store_boots(store: &Memory, instance: InstanceId) -> bool {
    let row = store.row(&Key::Instance(instance));
    row.and_then(|row| Instance::of_record(&row.record))
        .is_some_and(|row| row.operation == Some(Operation::Boot))
}

/// Lets statements of some kind answer the present order.
fn any_order(store: &Memory, report: &mut Report, of: fn(&Answer) -> bool) {
    for statement in report.statements.iter_mut().filter(|statement| of(&statement.answer)) {
        let row = store.row(&Key::Claim(statement.claim));
        let order = row.and_then(|row| Claim::of_record(&row.record)).map(|claim| claim.order);
        statement.order = order.unwrap_or(Order(0));
    }
}
