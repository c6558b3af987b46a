//! Nova's boot of an instance with one device: the scheduler looks, the host's agent claims under its lock and builds.

use crate::legacy::nova::{
    Action, ActionId, Db, Device, Guest, Instance, InstanceId, Process, Range, Stage, Statements, Vm,
};

/// What becomes of a boot whose device was taken since the scheduler looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateClaim {
    /// It is noted in the log.
    Logged,
    /// The boot is refused.
    Fatal,
}

#[derive(Debug, Clone, Copy)]
pub struct Boot {
    pub instance: InstanceId,
    pub action: ActionId,
    pub process: Process,
    pub late_claim: LateClaim,
}

pub async fn boot(stage: Stage, how: Boot) {
    let Boot { instance, action, process, late_claim } = how;
    let host = process.host();
    let fits = move |db: &mut Db<'_>| !db.list::<Device>(Range::FreeDevices(host)).is_empty();
    if !stage.step("schedule", fits).await {
        return stage.step("boot.refused", move |db| db.end(action, Action::Refused)).await;
    }
    stage.lock(process).await;
    let claim = move |db: &mut Db<'_>| {
        let device = db.take_device(host, instance);
        let goes_on = device.is_some() || late_claim == LateClaim::Logged;
        if goes_on {
            db.change(instance, |row: &mut Instance| row.host = Some(host));
        }
        goes_on.then_some(device)
    };
    let claimed = stage.step("claim", claim).await;
    stage.unlock(process).await;
    let Some(device) = claimed else {
        return stage.step("boot.refused", move |db| db.end(action, Action::Refused)).await;
    };
    let guest = Guest { running: true, uses: device.into_iter().collect() };
    stage.step("spawn", move |db| db.put((host, instance), guest.clone())).await;
    let active = move |db: &mut Db<'_>| {
        db.change(instance, |row: &mut Instance| row.vm = Vm::Active);
        db.end(action, Action::Done);
    };
    stage.step("boot.ends", active).await;
}
