//! Race 1, LP 1896463: an evacuation ends while its destination audits.
//!
//! The audit lists the instances of its host, and the evacuated one is not yet here. The evacuation ends: the instance
//! is here, its migration is done. The audit lists the unfinished moves, and the instance is not among them. What is in
//! neither list has no right to a device, so the device of a running guest is freed.
//!
//! Three repairs were proposed when the bug was first described: to reorder operations, to use locks, to check state
//! more atomically. Here each is an arrangement of the same steps, and each is tried in circumstances that a test in
//! one process does not see. What becomes of them is found by search.
//!
//! Two reorderings are meant by the first. The evacuation may write its end in the other order, the migration before
//! the host: that makes a moment at which nobody can know that the instance is coming, and an audit may fall into it
//! whole. Or the audit may read in the other order, the moves before the instances: the evacuation writes the host
//! before it ends the migration, so an instance that is no longer among the moves is then found at home.

mod name;

use super::arranged::{Arranged, Legacy, Repair as Repaired};
use super::nova::{
    Action, ActionId, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova, Process, Service,
    Stage, Status, Storage, Task,
};
use super::program::audit::{Audit, Devices, Reads, audit};
use super::program::evacuation::{Ending, Evacuation, evacuate};

/// What is done about the race.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repair {
    None,
    /// The evacuation ends its migration before it writes the host.
    ReorderWrites,
    /// The audit reads in the order opposite to that in which the evacuation writes: the moves, then the instances.
    ReorderReads,
    /// The evacuation's end is written under the lock that the audit holds: what Nova did.
    Lock,
    /// The audit reads and frees in one transaction, and the evacuation's end is another.
    Atomic,
}

/// What else is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Circumstance {
    /// One agent audits once.
    Alone,
    /// A second agent on the same host audits as well, under a lock of its own.
    SecondProcess,
    /// An operator's tool audits as well. It has a lock of its own and no memory of devices.
    Tool,
    /// The agent dies at any moment. Another starts in its place, and audits.
    Crash,
}

impl Repair {
    pub const ALL: [Repair; 5] =
        [Repair::None, Repair::ReorderWrites, Repair::ReorderReads, Repair::Lock, Repair::Atomic];

    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Repair::None => "none",
            Repair::ReorderWrites => "the evacuation ends its move before it writes the host",
            Repair::ReorderReads => "the audit reads moves before instances",
            Repair::Lock => "the evacuation ends under the audit's lock",
            Repair::Atomic => "the audit is one transaction, the evacuation's end another",
        }
    }

    fn reads(self) -> Reads {
        match self {
            Repair::None | Repair::ReorderWrites | Repair::Lock => Reads::InstancesFirst,
            Repair::ReorderReads => Reads::MigrationsFirst,
            Repair::Atomic => Reads::Together,
        }
    }

    fn ending(self) -> Ending {
        match self {
            Repair::None | Repair::ReorderReads => Ending::Apart,
            Repair::ReorderWrites => Ending::MigrationFirst,
            Repair::Lock => Ending::Locked,
            Repair::Atomic => Ending::AtOnce,
        }
    }
}

impl Circumstance {
    pub const ALL: [Circumstance; 4] =
        [Circumstance::Alone, Circumstance::SecondProcess, Circumstance::Tool, Circumstance::Crash];
}

const SOURCE: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const MIGRATION: MigrationId = MigrationId("m1");
const EVACUATION: ActionId = ActionId("the evacuation of i1");
const AUDIT: ActionId = ActionId("the audit of dst");

pub(super) const LEGACY: Legacy = Legacy {
    number: "1",
    name: "evacuation_ends_while_audit_runs",
    about: "an audit sees an evacuated instance neither among the instances of its host nor among the \
        moves, and frees its device",
    rule: "2: observation never writes ownership",
    breaks: Invariant::Dev2,
    operations: &["evacuation", "audit of the destination"],
    faults: &[],
    world,
    start: |stage| start(stage, Repair::None, Circumstance::Alone),
    repair: Repaired {
        about: "the evacuation ends under the audit's lock",
        start: |stage| start(stage, Repair::Lock, Circumstance::Alone),
        spares: &[],
    },
};

/// An instance whose host is down, its evacuation asked for, and a destination with one device.
fn world() -> Nova {
    let instance =
        Instance { task: Some(Task::Rebuilding), storage: Storage::Shared, ..Instance::active(SOURCE, 1) };
    let migration = Migration { instance: INSTANCE, source: SOURCE, dest: None, status: Status::Accepted };
    Nova::default()
        .with_guest(INSTANCE, instance, SOURCE, false)
        .with_devices(DEST, 1)
        .with(SOURCE, Service { up: false })
        .with(MIGRATION, migration)
        .with(EVACUATION, Action::Open)
}

fn start(stage: &Stage, repair: Repair, circumstance: Circumstance) {
    let agent = Process::Agent(DEST);
    let evacuation = Evacuation {
        instance: INSTANCE,
        migration: MIGRATION,
        action: EVACUATION,
        process: agent,
        ending: repair.ending(),
    };
    let audits = |process| audit(stage.clone(), Audit { reads: repair.reads(), ..Audit::of(process) }, AUDIT);
    stage.begin(agent, "evacuation", evacuate(stage.clone(), evacuation));
    stage.begin(agent, "audit", audits(agent));
    match circumstance {
        Circumstance::Alone => {}
        Circumstance::SecondProcess => {
            let second = Process::SecondAgent(DEST);
            stage.begin(second, "audit", audits(second));
        }
        Circumstance::Tool => {
            let tool = Process::Tool(DEST);
            let audits = Audit { devices: Devices::Last, reads: repair.reads(), ..Audit::of(tool) };
            stage.begin(tool, "audit", audit(stage.clone(), audits, AUDIT));
        }
        Circumstance::Crash => stage.begin("fate", "death of the agent", stage.dies(agent, audits(agent))),
    }
}

/// A repair in a circumstance, judged by some invariants.
#[must_use]
pub fn arranged(repair: Repair, circumstance: Circumstance, judges: &[Invariant]) -> Arranged {
    Arranged::new(world(), move |stage| start(stage, repair, circumstance), judges.to_vec())
}
