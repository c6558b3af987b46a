//! Nova's `update_available_resource`: under its process's lock it knows of the devices that are held, reads the
//! instances of its host, then the moves, and frees what belongs to neither.
//!
//! What it knows of devices is the mirror that the tracker of its process has of their rows. While a process holds its
//! lock the mirror of the only agent equals the rows; a second agent fills its own when it first audits. So the rows
//! are read once, before the lists, and those that are freed are written whatever has become of them since. A tool
//! without a mirror reads them when it frees them.

use std::collections::BTreeSet;

use crate::legacy::nova::{
    Action, ActionId, Allocation, Consumer, Db, Device, Extra, Host, Instance, InstanceId, Migration,
    MigrationId, Process, Range, Slot, Stage, Statements, Status,
};

/// How the audit reads what it judges by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    InstancesFirst,
    MigrationsFirst,
    /// Both lists, and what is freed in consequence, in one transaction.
    Together,
}

/// When the audit reads which devices are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Devices {
    /// Before the lists: they are in the memory of an agent.
    First,
    /// When they are freed.
    Last,
}

/// What the audit makes of the migration context of an instance that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contexts {
    Ignored,
    /// It is used as if it were always there.
    Needed,
    /// A move whose instance has the context of another one is put in error.
    MarkOthers,
}

/// What the audit does with the allocation of an instance that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    Ignored,
    /// Removed, if there is no such instance, or a deleted one.
    RemovedUnlessLive,
    /// Removed, if there is a deleted one.
    RemovedIfDeleted,
}

#[derive(Debug, Clone, Copy)]
pub struct Audit {
    pub process: Process,
    pub reads: Reads,
    pub devices: Devices,
    pub contexts: Contexts,
    pub strangers: Strangers,
}

/// What the audit has seen: devices that were held, if it looked yet, instances here, and moves from and to here.
struct Seen {
    held: Option<Vec<(Slot, Device)>>,
    here: BTreeSet<InstanceId>,
    moves: Vec<(MigrationId, Migration)>,
}

impl Audit {
    pub const fn of(process: Process) -> Audit {
        let (reads, devices) = (Reads::InstancesFirst, Devices::First);
        Audit { process, reads, devices, contexts: Contexts::Ignored, strangers: Strangers::Ignored }
    }
}

fn instances(db: &mut Db<'_>, host: Host) -> BTreeSet<InstanceId> {
    db.list::<Instance>(Range::InstancesOn(host)).into_iter().map(|(id, _)| id).collect()
}

fn held(db: &mut Db<'_>, host: Host) -> Vec<(Slot, Device)> {
    db.list(Range::HeldDevices(host))
}

fn moves(db: &mut Db<'_>, host: Host) -> Vec<(MigrationId, Migration)> {
    db.list(Range::MovesOf(host))
}

/// Frees the devices of whatever is in neither list: absence is taken for proof.
fn clean(db: &mut Db<'_>, host: Host, seen: &Seen) {
    let known =
        |id: &InstanceId| seen.here.contains(id) || seen.moves.iter().any(|(_, row)| row.instance == *id);
    let devices = seen.held.clone().unwrap_or_else(|| held(db, host));
    for (slot, device) in devices {
        if device.owner.is_some_and(|owner| !known(&owner)) {
            db.put(slot, Device { owner: None });
        }
    }
}

async fn look(stage: &Stage, how: Audit, host: Host) -> Option<Seen> {
    if how.reads == Reads::Together {
        let whole = move |db: &mut Db<'_>| {
            let seen = Seen { held: None, here: instances(db, host), moves: moves(db, host) };
            clean(db, host, &seen);
        };
        stage.step("audit", whole).await;
        return None;
    }
    let held = match how.devices {
        Devices::First => Some(stage.step("audit.devices", move |db| held(db, host)).await),
        Devices::Last => None,
    };
    let migrations = || stage.step("audit.migrations", move |db| moves(db, host));
    let early = if how.reads == Reads::MigrationsFirst { Some(migrations().await) } else { None };
    let here = stage.step("audit.instances", move |db| instances(db, host)).await;
    let moves = match early {
        Some(moves) => moves,
        None => migrations().await,
    };
    Some(Seen { held, here, moves })
}

/// Looks at the context of each move's instance. Answers whether the audit can go on.
async fn look_at_contexts(stage: &Stage, contexts: Contexts, seen: &Seen) -> bool {
    if contexts == Contexts::Ignored {
        return true;
    }
    let ids: Vec<_> = seen.moves.iter().map(|(id, row)| (*id, row.instance)).collect();
    let read = move |db: &mut Db<'_>| -> Vec<_> {
        let context = |(id, instance)| (id, db.find::<Extra>(instance).and_then(|extra| extra.context));
        ids.iter().copied().map(context).collect()
    };
    for (id, context) in stage.step("audit.contexts", read).await {
        match context {
            None if contexts == Contexts::Needed => return false,
            Some(other) if contexts == Contexts::MarkOthers && other != id => {
                let mark = move |db: &mut Db<'_>| {
                    db.change(id, |row: &mut Migration| row.status = Status::Error);
                };
                stage.step("audit.mark_error", mark).await;
            }
            None | Some(_) => {}
        }
    }
    true
}

/// Looks at the allocations of instances that are not here, and removes those of instances that seem not to exist.
async fn remove_strangers(stage: &Stage, strangers: Strangers, host: Host, seen: &Seen) {
    if strangers == Strangers::Ignored {
        return;
    }
    let list = move |db: &mut Db<'_>| db.list::<Allocation>(Range::ConsumersOn(host.node()));
    for (consumer, allocation) in stage.step("audit.consumers", list).await {
        let Consumer::Instance(id) = consumer else { continue };
        if seen.here.contains(&id) {
            continue;
        }
        let row = stage.step("audit.consumer", move |db| db.find::<Instance>(id)).await;
        let goes = match row {
            Some(row) => !row.lives(),
            None => strangers == Strangers::RemovedUnlessLive,
        };
        if goes {
            let remove = move |db: &mut Db<'_>| {
                let now = db.find::<Allocation>(consumer);
                if now.is_some_and(|now| now.generation == allocation.generation) {
                    db.delete::<Allocation>(consumer);
                }
            };
            stage.step("audit.deallocate", remove).await;
        }
    }
}

/// One pass. `action` is told if it fails.
pub async fn audit(stage: Stage, how: Audit, action: ActionId) {
    let host = how.process.host();
    stage.lock(how.process).await;
    if let Some(seen) = look(&stage, how, host).await {
        if !look_at_contexts(&stage, how.contexts, &seen).await {
            stage.unlock(how.process).await;
            let failed = Action::Failed("a move has no context");
            stage.step("audit.fails", move |db| db.end(action, failed)).await;
            return;
        }
        remove_strangers(&stage, how.strangers, host, &seen).await;
        stage.step("audit.clean", move |db| clean(db, host, &seen)).await;
    }
    stage.unlock(how.process).await;
}
