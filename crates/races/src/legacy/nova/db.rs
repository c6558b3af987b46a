//! The only way of a step to the rows. It notes what was read and written, so that no step can forget to say it.

use std::collections::BTreeSet;

use steadfast_explore::Footprint;

use super::Nova;
use super::name::{ActionId, Host, InstanceId, Object, Slot};
use super::row::{Action, Device, Row};

/// One transaction, message or order to a hypervisor, and what it touched so far.
#[derive(Debug)]
pub struct Db<'a> {
    nova: &'a mut Nova,
    reads: BTreeSet<Object>,
    writes: BTreeSet<Object>,
}

impl<'a> Db<'a> {
    pub(super) fn over(nova: &'a mut Nova) -> Db<'a> {
        Db { nova, reads: BTreeSet::new(), writes: BTreeSet::new() }
    }

    pub(super) fn touched(self) -> Footprint<Object> {
        Footprint::reads(self.reads).and_writes(self.writes)
    }

    pub fn get<R: Row>(&mut self, key: R::Key) -> Option<R> {
        self.reads.insert(R::object(key));
        R::table(self.nova).get(&key).cloned()
    }

    /// A row of a world that always has it.
    ///
    /// # Panics
    /// When it is not there.
    pub fn row<R: Row>(&mut self, key: R::Key) -> R {
        let name = R::object(key);
        self.get(key).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// The rows in a list, in the order of their keys.
    pub fn list<R: Row>(&mut self, list: Object) -> Vec<(R::Key, R)> {
        let rows = R::table(self.nova).iter().filter(|(key, row)| row.lists(**key).contains(&list));
        let rows: Vec<_> = rows.map(|(key, row)| (*key, row.clone())).collect();
        self.reads.insert(list);
        self.reads.extend(rows.iter().map(|(key, _)| R::object(*key)));
        rows
    }

    pub fn put<R: Row>(&mut self, key: R::Key, row: R) {
        let after = row.lists(key);
        let before = R::table_mut(self.nova).insert(key, row);
        self.moved(key, before.as_ref(), &after);
    }

    pub fn delete<R: Row>(&mut self, key: R::Key) {
        let before = R::table_mut(self.nova).remove(&key);
        self.moved(key, before.as_ref(), &[]);
    }

    /// Changes a row, if it is there. Answers whether it was.
    pub fn update<R: Row>(&mut self, key: R::Key, change: impl FnOnce(&mut R)) -> bool {
        let Some(mut row) = self.get::<R>(key) else { return false };
        change(&mut row);
        self.put(key, row);
        true
    }

    /// A row was written: so were the lists that it came into or went out of.
    fn moved<R: Row>(&mut self, key: R::Key, before: Option<&R>, after: &[Object]) {
        self.writes.insert(R::object(key));
        let before = before.map_or_else(Vec::new, |row| row.lists(key));
        let left = before.iter().filter(|list| !after.contains(list));
        let came = after.iter().filter(|list| !before.contains(list));
        self.writes.extend(left.chain(came));
    }

    /// Allocates the first free device of a host, if there is one.
    pub fn take_device(&mut self, host: Host, id: InstanceId) -> Option<Slot> {
        let (slot, _) = self.list::<Device>(Object::FreeDevices(host)).into_iter().next()?;
        self.put(slot, Device { owner: Some(id) });
        Some(slot)
    }

    /// The devices of a host that are allocated to an instance.
    pub fn devices_of(&mut self, host: Host, id: InstanceId) -> BTreeSet<Slot> {
        let held = self.list::<Device>(Object::HeldDevices(host));
        held.into_iter().filter(|(_, device)| device.owner == Some(id)).map(|(slot, _)| slot).collect()
    }

    /// Something that somebody waits for is over.
    pub fn end(&mut self, action: ActionId, outcome: Action) {
        self.put(action, outcome);
    }
}
