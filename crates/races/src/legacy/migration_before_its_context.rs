//! Race 26, LP 1849165: an audit meets a migration whose context is not written yet.
//!
//! The conductor makes the migration, and the destination writes the context into another row. An audit in between
//! finds a move without a context, which it takes for granted, and ends in an exception half-way.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Host, Instance, InstanceId, Invariant, MigrationId, Nova, Process, Stage, Storage,
};
use super::program::audit::{Audit, Contexts, audit};
use super::program::migration::{Move, migrate};

const SOURCE: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const MOVE: Move = Move {
    instance: INSTANCE,
    migration: MigrationId("m1"),
    source: SOURCE,
    dest: DEST,
    action: ActionId("the move of i1"),
};

pub(super) const LEGACY: Legacy = Legacy {
    number: "26",
    name: "migration_before_its_context",
    about: "an audit meets a migration whose context is not written yet, and ends in an exception",
    rule: "1: one record owns, and a move keeps nothing beside its claims",
    breaks: Invariant::Live,
    operations: &["move", "audit of the destination"],
    faults: &[],
    world: || {
        Nova::default()
            .with(INSTANCE, Instance { storage: Storage::Shared, ..Instance::active(SOURCE, 0) })
            .with(MOVE.action, Action::Open)
    },
    start: |stage| start(stage, Contexts::Needed),
    repair: Repair {
        about: "the audit passes over a move without a context",
        start: |stage| start(stage, Contexts::Ignored),
        spares: &[],
    },
};

fn start(stage: &Stage, contexts: Contexts) {
    let agent = Process::Agent(DEST);
    let audits = Audit { contexts, ..Audit::of(agent) };
    stage.begin("conductor", "move", migrate(stage.clone(), MOVE));
    stage.begin(agent, "audit", audit(stage.clone(), audits, ActionId("the audit of dst")));
}
