//! What a transaction asks for: rows by key and lists, several in one round trip.

use std::marker::PhantomData;

use steadfast_model::action::Action;
use steadfast_model::cause::Scope;
use steadfast_model::claim::Claim;
use steadfast_model::discrepancy::Discrepancy;
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Host;
use steadfast_model::ids::{HostId, InstanceId};
use steadfast_model::instance::Instance;
use steadfast_model::inventory::Inventory;
use steadfast_model::migration::Migration;
use steadfast_model::pci::Device;

use super::engine::RawAsk;
use super::row::{Key, Range, Row, Seen, Stored};

/// How much of a list is asked for. Lists sort by key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page {
    /// The last key of the page before.
    pub after: Option<Key>,
    pub limit: usize,
    /// From the largest key down: ids grow with time, so the newest come first.
    pub descending: bool,
}

impl Page {
    /// The whole list. Only for lists that are bounded by what they belong to.
    pub const ALL: Page = Page { after: None, limit: usize::MAX, descending: false };

    /// The newest `limit` rows, or the next ones after `after`.
    #[must_use]
    pub fn newest(limit: usize, after: Option<Key>) -> Page {
        Page { after, limit, descending: true }
    }

    /// Whether a key can stand on this page.
    #[must_use]
    pub fn reaches(&self, key: &Key) -> bool {
        match &self.after {
            None => true,
            Some(after) if self.descending => key < after,
            Some(after) => key > after,
        }
    }
}

/// A question whose answer has a type. Tuples of questions are one question.
pub trait Ask {
    type Answer;

    fn pose(&self, asks: &mut Vec<RawAsk>);
    /// Takes the answers in the order of [`Ask::pose`].
    fn take(&self, rows: &mut std::vec::IntoIter<Vec<Stored>>) -> Self::Answer;
}

/// One row by its key.
#[derive(Debug, Clone)]
pub struct Get<R: Row> {
    key: Key,
    _row: PhantomData<R>,
}

/// The row with this key, if there is one.
pub fn get<R: Row>(key: &R::Key) -> Get<R> {
    Get { key: R::name_key(key.clone()), _row: PhantomData }
}

impl<R: Row> Ask for Get<R> {
    type Answer = Option<Seen<R>>;

    fn pose(&self, asks: &mut Vec<RawAsk>) {
        asks.push(RawAsk::Get(self.key.clone()));
    }

    fn take(&self, rows: &mut std::vec::IntoIter<Vec<Stored>>) -> Self::Answer {
        let rows = rows.next().expect("an engine answers every question");
        rows.into_iter().next().map(Seen::of)
    }
}

/// A list of rows.
#[derive(Debug, Clone)]
pub struct Of<R: Row> {
    range: Range,
    page: Page,
    _row: PhantomData<R>,
}

impl<R: Row> Of<R> {
    fn all(range: Range) -> Of<R> {
        Of { range, page: Page::ALL, _row: PhantomData }
    }

    fn page(range: Range, page: Page) -> Of<R> {
        Of { range, page, _row: PhantomData }
    }
}

impl<R: Row> Ask for Of<R> {
    type Answer = Vec<Seen<R>>;

    fn pose(&self, asks: &mut Vec<RawAsk>) {
        asks.push(RawAsk::Of(self.range.clone(), self.page.clone()));
    }

    fn take(&self, rows: &mut std::vec::IntoIter<Vec<Stored>>) -> Self::Answer {
        let rows = rows.next().expect("an engine answers every question");
        rows.into_iter().map(Seen::of).collect()
    }
}

/// Several questions of one kind.
impl<A: Ask> Ask for Vec<A> {
    type Answer = Vec<A::Answer>;

    fn pose(&self, asks: &mut Vec<RawAsk>) {
        self.iter().for_each(|ask| ask.pose(asks));
    }

    fn take(&self, rows: &mut std::vec::IntoIter<Vec<Stored>>) -> Self::Answer {
        self.iter().map(|ask| ask.take(rows)).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))*) => {$(
        impl<$($name: Ask),*> Ask for ($($name,)*) {
            type Answer = ($($name::Answer,)*);

            fn pose(&self, asks: &mut Vec<RawAsk>) {
                $(self.$index.pose(asks);)*
            }

            fn take(&self, rows: &mut std::vec::IntoIter<Vec<Stored>>) -> Self::Answer {
                ($(self.$index.take(rows),)*)
            }
        }
    )*};
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
}

#[must_use]
pub fn hosts() -> Of<Host> {
    Of::all(Range::Hosts)
}

#[must_use]
pub fn inventory_of(host: &HostId) -> Of<Inventory> {
    Of::all(Range::InventoryOf(host.clone()))
}

#[must_use]
pub fn devices_of(host: &HostId) -> Of<Device> {
    Of::all(Range::DevicesOf(host.clone()))
}

/// Devices that a host's agent is to sanitise.
#[must_use]
pub fn to_sanitize(host: &HostId) -> Of<Device> {
    Of::all(Range::ToSanitize(host.clone()))
}

#[must_use]
pub fn discrepancies_of(host: &HostId) -> Of<Discrepancy> {
    Of::all(Range::DiscrepanciesOf(host.clone()))
}

#[must_use]
pub fn claims_on(host: &HostId) -> Of<Claim> {
    Of::all(Range::ClaimsOn(host.clone()))
}

#[must_use]
pub fn claims_of(instance: InstanceId) -> Of<Claim> {
    Of::all(Range::ClaimsOf(instance))
}

#[must_use]
pub fn migrations_of(instance: InstanceId) -> Of<Migration> {
    Of::all(Range::MigrationsOf(instance))
}

#[must_use]
pub fn actions_of(instance: InstanceId) -> Of<Action> {
    Of::all(Range::ActionsOf(instance))
}

#[must_use]
pub fn instances_on(host: &HostId) -> Of<Instance> {
    Of::all(Range::InstancesOn(host.clone()))
}

/// Instances whose operation is not over: what the sweep goes through.
#[must_use]
pub fn unfinished(page: Page) -> Of<Instance> {
    Of::page(Range::Unfinished, page)
}

#[must_use]
pub fn instances(scope: Scope, deleted: bool, page: Page) -> Of<Instance> {
    Of::page(Range::Instances { scope, deleted }, page)
}

#[must_use]
pub fn migrations(page: Page) -> Of<Migration> {
    Of::page(Range::Migrations, page)
}

#[must_use]
pub fn flavors(page: Page) -> Of<Flavor> {
    Of::page(Range::Flavors, page)
}
