//! What a historic step says to the rows: it finds, lists and puts, and writes over whatever is there.

use std::collections::BTreeSet;

use steadfast_operations::seam::{Of, Tx, get};

use super::name::{ActionId, Host, InstanceId, Slot};
use super::row::{Action, Device};
use super::rows::{Kept, Key, Range, Record, Shape};

/// A transaction over Nova's rows.
pub type Db<'a> = Tx<'a, Record>;

/// The engine in memory always answers.
const ANSWERS: &str = "a store in memory answers";

/// The statements of a transaction.
pub trait Statements {
    fn find<K: Shape>(&mut self, key: K::Key) -> Option<K>;

    /// A row of a world that always has it.
    ///
    /// # Panics
    /// When it is not there.
    fn row<K: Shape>(&mut self, key: K::Key) -> K;

    /// The rows in a list, in the order of their keys.
    fn list<K: Shape>(&mut self, list: Range) -> Vec<(K::Key, K)>;

    /// Writes a row, whatever was there.
    fn put<K: Shape>(&mut self, key: K::Key, row: K);

    /// Removes a row, if it is there.
    fn delete<K: Shape>(&mut self, key: K::Key);

    /// Changes a row, if it is there. Answers whether it was.
    fn change<K: Shape>(&mut self, key: K::Key, change: impl FnOnce(&mut K)) -> bool;

    /// Allocates the first free device of a host, if there is one.
    fn take_device(&mut self, host: Host, id: InstanceId) -> Option<Slot>;

    /// The devices of a host that are allocated to an instance.
    fn devices_of(&mut self, host: Host, id: InstanceId) -> BTreeSet<Slot>;

    /// Something that somebody waits for is over.
    fn end(&mut self, action: ActionId, outcome: Action);
}

impl Statements for Db<'_> {
    fn find<K: Shape>(&mut self, key: K::Key) -> Option<K> {
        self.read(get::<Kept<K>>(&key)).expect(ANSWERS).map(|seen| seen.row.row.clone())
    }

    fn row<K: Shape>(&mut self, key: K::Key) -> K {
        let name: Key = K::name(key);
        self.find(key).unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn list<K: Shape>(&mut self, list: Range) -> Vec<(K::Key, K)> {
        let rows = self.read(Of::<Kept<K>>::all(list)).expect(ANSWERS);
        rows.into_iter().map(|seen| (seen.key, seen.row.row.clone())).collect()
    }

    fn put<K: Shape>(&mut self, key: K::Key, row: K) {
        self.overwrite(Kept { key, row }).expect(ANSWERS);
    }

    fn delete<K: Shape>(&mut self, key: K::Key) {
        self.erase::<Kept<K>>(&key).expect(ANSWERS);
    }

    fn change<K: Shape>(&mut self, key: K::Key, change: impl FnOnce(&mut K)) -> bool {
        let Some(mut row) = self.find::<K>(key) else { return false };
        change(&mut row);
        self.put(key, row);
        true
    }

    fn take_device(&mut self, host: Host, id: InstanceId) -> Option<Slot> {
        let (slot, _) = self.list::<Device>(Range::FreeDevices(host)).into_iter().next()?;
        self.put(slot, Device { owner: Some(id) });
        Some(slot)
    }

    fn devices_of(&mut self, host: Host, id: InstanceId) -> BTreeSet<Slot> {
        let held = self.list::<Device>(Range::HeldDevices(host));
        held.into_iter().filter(|(_, device)| device.owner == Some(id)).map(|(slot, _)| slot).collect()
    }

    fn end(&mut self, action: ActionId, outcome: Action) {
        self.put(action, outcome);
    }
}
