//! Race 12, LP 1922053: the record of an evacuation outlives the instance's return.
//!
//! The evacuated instance's source is forced up without a restart of its agent, so nobody cleaned up there. The
//! instance is migrated back. When the agent does restart, the old record still says "evacuated away", and it destroys
//! the instance.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Action, ActionId, Db, Guest, Host, Instance, InstanceId, Invariant, Migration, MigrationId, Nova,
    Process, Range, Service, Stage, Statements, Status,
};
use super::program::source_start::{ALL_TOMBSTONES, SourceStart, source_starts};

const SOURCE: Host = Host("src");
const DEST: Host = Host("dst");
const INSTANCE: InstanceId = InstanceId("i1");
const RETURN: ActionId = ActionId("the return of i1");

pub(super) const LEGACY: Legacy = Legacy {
    number: "12",
    name: "tombstone_outlives_return",
    about: "an evacuated instance returns to a host that was forced up and not restarted, and the next \
        restart destroys it",
    rule: "6: every message carries its tokens; a guest is named by its claim",
    breaks: Invariant::Data,
    operations: &["force up and migrate back", "start of the source's agent"],
    faults: &["the source's agent restarts"],
    world,
    start: |stage| start(stage, false),
    repair: Repair {
        about: "a host that owes a clean-up is not forced up",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

/// The evacuation is done, and the source has yet to hear of it.
fn world() -> Nova {
    let migration = Migration { instance: INSTANCE, source: SOURCE, dest: Some(DEST), status: Status::Done };
    Nova::default()
        .with_guest(INSTANCE, Instance::active(DEST, 0), DEST, true)
        .with((SOURCE, INSTANCE), Guest { running: false, uses: [].into() })
        .with(SOURCE, Service { up: false })
        .with(MigrationId("m1"), migration)
        .with(RETURN, Action::Open)
}

fn start(stage: &Stage, guarded: bool) {
    let agent = Process::Agent(SOURCE);
    let starts = SourceStart { process: agent, tombstones: ALL_TOMBSTONES, asks_home: false, resets: false };
    stage.begin("operator", "return", goes_back(stage.clone(), guarded));
    stage.begin(agent, "start", source_starts(stage.clone(), starts));
}

fn force_up(db: &mut Db<'_>, guarded: bool) -> bool {
    let owed = |row: &Migration| row.status == Status::Done;
    let refused =
        guarded && db.list::<Migration>(Range::EvacuationsFrom(SOURCE)).iter().any(|(_, row)| owed(row));
    if !refused {
        db.put(SOURCE, Service { up: true });
    }
    !refused
}

async fn goes_back(stage: Stage, guarded: bool) {
    if !stage.step("force_up", move |db| force_up(db, guarded)).await {
        return stage.step("return.refused", |db| db.end(RETURN, Action::Refused)).await;
    }
    let stop = |db: &mut Db<'_>| {
        db.change((DEST, INSTANCE), |guest: &mut Guest| guest.running = false);
    };
    stage.step("migrate.stop", stop).await;
    let home = |db: &mut Db<'_>| {
        db.change(INSTANCE, |row: &mut Instance| row.host = Some(SOURCE));
    };
    stage.step("migrate.host", home).await;
    let guest = Guest { running: true, uses: [].into() };
    stage.step("migrate.start", move |db| db.put((SOURCE, INSTANCE), guest.clone())).await;
    let confirm = |db: &mut Db<'_>| {
        db.delete::<Guest>((DEST, INSTANCE));
        db.end(RETURN, Action::Done);
    };
    stage.step("migrate.confirm", confirm).await;
}
