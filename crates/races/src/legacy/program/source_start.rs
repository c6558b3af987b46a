//! Nova's `init_host` on the source of an evacuation: it destroys the guests that were evacuated away, and puts right
//! what looks broken.

use crate::legacy::nova::{
    Db, Guest, Host, Instance, InstanceId, Migration, MigrationId, Process, Range, Stage, Statements, Status,
    Task, Vm,
};

#[derive(Debug, Clone, Copy)]
pub struct SourceStart {
    pub process: Process,
    /// In which states a migration is taken to say that its instance was evacuated away.
    pub tombstones: &'static [Status],
    /// Whether the instance must be at home elsewhere as well.
    pub asks_home: bool,
    /// Whether instances of this host that are being rebuilt are put in error.
    pub resets: bool,
}

/// What Nova takes for evacuated away since it knows of moves that are under way.
pub const ALL_TOMBSTONES: &[Status] = &[Status::Accepted, Status::PreMigrating, Status::Done];

fn evacuated(db: &mut Db<'_>, how: SourceStart, host: Host) -> Vec<(MigrationId, InstanceId)> {
    let rows = db.list::<Migration>(Range::EvacuationsFrom(host));
    let dead = rows.into_iter().filter(|(_, row)| how.tombstones.contains(&row.status));
    let dead: Vec<_> = dead.map(|(id, row)| (id, row.instance)).collect();
    let elsewhere = |db: &mut Db<'_>, id| db.row::<Instance>(id).host != Some(host);
    dead.into_iter().filter(|(_, id)| !how.asks_home || elsewhere(db, *id)).collect()
}

pub async fn source_starts(stage: Stage, how: SourceStart) {
    let host = how.process.host();
    let here = move |db: &mut Db<'_>| db.list::<Instance>(Range::InstancesOn(host));
    let here = if how.resets { stage.step("init.instances", here).await } else { Vec::new() };
    let evacuated = stage.step("init.evacuations", move |db| evacuated(db, how, host)).await;
    for (migration, instance) in evacuated.clone() {
        stage.step("init.destroy", move |db| db.delete::<Guest>((host, instance))).await;
        let complete = move |db: &mut Db<'_>| {
            db.change(migration, |row: &mut Migration| row.status = Status::Completed);
        };
        stage.step("init.complete", complete).await;
    }
    let gone = |id: &InstanceId| evacuated.iter().any(|(_, instance)| instance == id);
    let stuck = here.into_iter().filter(|(id, row)| row.task == Some(Task::Rebuilding) && !gone(id));
    for (id, _) in stuck.collect::<Vec<_>>() {
        let reset = move |db: &mut Db<'_>| {
            db.change(id, |row: &mut Instance| (row.vm, row.task) = (Vm::Error, None));
        };
        stage.step("init.reset", reset).await;
    }
}
