//! Nova's `update_available_resource`: under its process's lock it reads the instances of its host, then the moves,
//! and frees what belongs to neither.
//!
//! The tracker's own mirror of the device rows is left out: while a process holds its lock the mirror equals the rows,
//! and where a second process makes it differ, reading the rows is the kinder reading of the protocol.

use std::collections::BTreeSet;

use crate::legacy::nova::{
    Action, ActionId, Allocation, Consumer, Db, Device, Extra, Host, Instance, InstanceId, Migration,
    MigrationId, Object, Process, Stage, Status,
};

/// How the audit reads what it judges by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    InstancesFirst,
    MigrationsFirst,
    /// Both lists, and what is freed in consequence, in one transaction.
    Together,
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
}

#[derive(Debug, Clone, Copy)]
pub struct Audit {
    pub process: Process,
    pub reads: Reads,
    pub contexts: Contexts,
    pub strangers: Strangers,
}

/// What the audit has seen: instances here, and moves from and to here.
struct Seen {
    here: BTreeSet<InstanceId>,
    moves: Vec<(MigrationId, Migration)>,
}

impl Audit {
    pub const fn of(process: Process) -> Audit {
        let (contexts, strangers) = (Contexts::Ignored, Strangers::Ignored);
        Audit { process, reads: Reads::InstancesFirst, contexts, strangers }
    }
}

fn instances(db: &mut Db<'_>, host: Host) -> BTreeSet<InstanceId> {
    db.list::<Instance>(Object::InstancesOn(host)).into_iter().map(|(id, _)| id).collect()
}

fn moves(db: &mut Db<'_>, host: Host) -> Vec<(MigrationId, Migration)> {
    db.list(Object::MovesOf(host))
}

/// Frees the devices of whatever is in neither list: absence is taken for proof.
fn clean(db: &mut Db<'_>, host: Host, seen: &Seen) {
    let known =
        |id: &InstanceId| seen.here.contains(id) || seen.moves.iter().any(|(_, row)| row.instance == *id);
    for (slot, device) in db.list::<Device>(Object::HeldDevices(host)) {
        if device.owner.is_some_and(|owner| !known(&owner)) {
            db.put(slot, Device { owner: None });
        }
    }
}

async fn look(stage: &Stage, reads: Reads, host: Host) -> Option<Seen> {
    match reads {
        Reads::InstancesFirst => {
            let here = stage.step("audit.instances", move |db| instances(db, host)).await;
            let moves = stage.step("audit.migrations", move |db| moves(db, host)).await;
            Some(Seen { here, moves })
        }
        Reads::MigrationsFirst => {
            let moves = stage.step("audit.migrations", move |db| moves(db, host)).await;
            let here = stage.step("audit.instances", move |db| instances(db, host)).await;
            Some(Seen { here, moves })
        }
        Reads::Together => {
            let whole = move |db: &mut Db<'_>| {
                let seen = Seen { here: instances(db, host), moves: moves(db, host) };
                clean(db, host, &seen);
            };
            stage.step("audit", whole).await;
            None
        }
    }
}

/// Looks at the context of each move's instance. Answers whether the audit can go on.
async fn look_at_contexts(stage: &Stage, contexts: Contexts, seen: &Seen) -> bool {
    if contexts == Contexts::Ignored {
        return true;
    }
    let ids: Vec<_> = seen.moves.iter().map(|(id, row)| (*id, row.instance)).collect();
    let read = move |db: &mut Db<'_>| -> Vec<_> {
        let context = |(id, instance)| (id, db.get::<Extra>(instance).and_then(|extra| extra.context));
        ids.into_iter().map(context).collect()
    };
    for (id, context) in stage.step("audit.contexts", read).await {
        match context {
            None if contexts == Contexts::Needed => return false,
            Some(other) if contexts == Contexts::MarkOthers && other != id => {
                let mark = move |db: &mut Db<'_>| {
                    db.update(id, |row: &mut Migration| row.status = Status::Error);
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
    let list = move |db: &mut Db<'_>| db.list::<Allocation>(Object::ConsumersOn(host.node()));
    for (consumer, allocation) in stage.step("audit.consumers", list).await {
        let Consumer::Instance(id) = consumer else { continue };
        if seen.here.contains(&id) {
            continue;
        }
        let row = stage.step("audit.consumer", move |db| db.get::<Instance>(id)).await;
        let goes = match row {
            Some(row) => !row.lives(),
            None => strangers == Strangers::RemovedUnlessLive,
        };
        if goes {
            let remove = move |db: &mut Db<'_>| {
                let now = db.get::<Allocation>(consumer);
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
    if let Some(seen) = look(&stage, how.reads, host).await {
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
