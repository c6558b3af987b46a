//! Race U12: an audit puts a healthy move in error because of what an earlier one left behind.
//!
//! A move that failed left its context with the instance. A new move is made; its destination has yet to write its own
//! context. The source's audit finds that the context names another move, and puts the new one in error, in whatever
//! state that is by then.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Extra, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova, Process,
    Stage, Status, Storage,
};
use super::program::audit::{Audit, Contexts, audit};
use super::program::migration::{Move, migrate};

const SOURCE: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const FAILED: MigrationId = MigrationId("m1");
const MOVE: Move = Move {
    instance: INSTANCE,
    migration: MigrationId("m2"),
    source: SOURCE,
    dest: DEST,
    action: ActionId("the move of i1"),
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "U12",
    name: "audit_errors_new_move",
    about: "an audit pairs a new move with the context of an earlier one, and puts it in error",
    rule: "2 and 7: observation never writes, and status changes go through one table",
    breaks: Invariant::Live,
    operations: &["move", "audit of the source"],
    faults: &[],
    world,
    start: |stage| start(stage, Contexts::MarkOthers),
    repair: Repair {
        about: "an audit writes nothing about a move",
        start: |stage| start(stage, Contexts::Ignored),
        spares: &[],
    },
};

fn world() -> Nova {
    let failed = Migration { instance: INSTANCE, source: SOURCE, dest: Some(DEST), status: Status::Failed };
    Nova::default()
        .with(INSTANCE, Instance { storage: Storage::Shared, ..Instance::active(SOURCE, 0) })
        .with(INSTANCE, Extra { context: Some(FAILED), ..Extra::default() })
        .with(FAILED, failed)
        .with(MOVE.action, Action::Open)
}

fn start(stage: &Stage, contexts: Contexts) {
    let agent = Process::Agent(SOURCE);
    let audits = Audit { contexts, ..Audit::of(agent) };
    stage.begin("conductor", "move", migrate(stage.clone(), MOVE));
    stage.begin(agent, "audit", audit(stage.clone(), audits, ActionId("the audit of src")));
}
