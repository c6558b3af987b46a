//! Nova's migration of an instance, as its conductor and its destination write it: the record, the context in another
//! row, and the end.

use crate::legacy::nova::{
    Action, ActionId, Extra, Host, Instance, InstanceId, Migration, MigrationId, Stage, Statements, Status,
};

#[derive(Debug, Clone, Copy)]
pub struct Move {
    pub instance: InstanceId,
    pub migration: MigrationId,
    pub source: Host,
    pub dest: Host,
    pub action: ActionId,
}

pub async fn migrate(stage: Stage, how: Move) {
    let Move { instance, migration, source, dest, action } = how;
    let row = Migration { instance, source, dest: Some(dest), status: Status::PreMigrating };
    stage.step("move.migration", move |db| db.put(migration, row)).await;
    let context = Extra { context: Some(migration), ..Extra::default() };
    stage.step("claim.context", move |db| db.put(instance, context.clone())).await;
    let end = stage.step("move.ends", move |db| {
        db.change(instance, |row: &mut Instance| row.host = Some(dest));
        db.change(migration, |row: &mut Migration| row.status = Status::Done);
        db.end(action, Action::Done);
    });
    end.await;
}
