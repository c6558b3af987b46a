//! Race 26, LP 1849165: an audit meets a migration whose context is not written yet.
//!
//! The conductor makes the migration, and the destination writes the context into another row. An audit in between
//! finds a move without a context, which it takes for granted, and ends in an exception half-way.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Extra, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova,
    Process, Stage, Statements, Status, Storage,
};
use super::program::audit::{Audit, Contexts, audit};

const SOURCE: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const MIGRATION: MigrationId = MigrationId("m1");
const MOVE: ActionId = ActionId("the move of i1");

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
            .with(MOVE, Action::Open)
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
    stage.begin("conductor", "move", moves(stage.clone()));
    stage.begin(agent, "audit", audit(stage.clone(), audits, ActionId("the audit of dst")));
}

async fn moves(stage: Stage) {
    let row =
        Migration { instance: INSTANCE, source: SOURCE, dest: Some(DEST), status: Status::PreMigrating };
    stage.step("move.migration", move |db| db.put(MIGRATION, row)).await;
    let context = Extra { context: Some(MIGRATION), ..Extra::default() };
    stage.step("claim.context", move |db| db.put(INSTANCE, context.clone())).await;
    let end = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.host = Some(DEST));
        db.change(MIGRATION, |row: &mut Migration| row.status = Status::Done);
        db.end(MOVE, Action::Done);
    };
    stage.step("move.ends", end).await;
}
