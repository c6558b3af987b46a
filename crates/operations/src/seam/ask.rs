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

use super::engine::{AskOf, RawAsk};
use super::record::{Key, Range};
use super::rows::{Row, Rows, Seen, Stored};

/// How much of a list is asked for. Lists sort by key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page<K = Key> {
    /// The last key of the page before.
    pub after: Option<K>,
    pub limit: usize,
    /// From the largest key down: ids grow with time, so the newest come first.
    pub descending: bool,
}

impl<K: Ord> Page<K> {
    /// The whole list. Only for lists that are bounded by what they belong to.
    pub const ALL: Page<K> = Page { after: None, limit: usize::MAX, descending: false };

    /// The newest `limit` rows, or the next ones after `after`.
    #[must_use]
    pub fn newest(limit: usize, after: Option<K>) -> Page<K> {
        Page { after, limit, descending: true }
    }

    /// Whether a key can stand on this page.
    #[must_use]
    pub fn reaches(&self, key: &K) -> bool {
        match &self.after {
            None => true,
            Some(after) if self.descending => key < after,
            Some(after) => key > after,
        }
    }
}

/// What an engine answered, in the order of the questions.
pub type Answers<R> = std::vec::IntoIter<Vec<Stored<R>>>;

/// A question whose answer has a type. Tuples of questions are one question.
pub trait Ask {
    /// Which rows it asks for.
    type Of: Rows;
    type Answer;

    fn pose(&self, asks: &mut Vec<AskOf<Self::Of>>);
    /// Takes the answers in the order of [`Ask::pose`].
    fn take(&self, rows: &mut Answers<Self::Of>) -> Self::Answer;
}

/// One row by its key.
#[derive(Debug, Clone)]
pub struct Get<T: Row> {
    key: <T::Of as Rows>::Key,
    _row: PhantomData<T>,
}

/// The row with this key, if there is one.
pub fn get<T: Row>(key: &T::Key) -> Get<T> {
    Get { key: T::name_key(key.clone()), _row: PhantomData }
}

impl<T: Row> Ask for Get<T> {
    type Of = T::Of;
    type Answer = Option<Seen<T>>;

    fn pose(&self, asks: &mut Vec<AskOf<Self::Of>>) {
        asks.push(RawAsk::Get(self.key.clone()));
    }

    fn take(&self, rows: &mut Answers<Self::Of>) -> Self::Answer {
        let rows = rows.next().expect("an engine answers every question");
        rows.into_iter().next().map(Seen::of)
    }
}

/// A list of rows.
#[derive(Debug, Clone)]
pub struct Of<T: Row> {
    range: <T::Of as Rows>::Range,
    page: Page<<T::Of as Rows>::Key>,
    _row: PhantomData<T>,
}

impl<T: Row> Of<T> {
    /// The whole list: see [`Page::ALL`].
    pub fn all(range: <T::Of as Rows>::Range) -> Of<T> {
        Of { range, page: Page::ALL, _row: PhantomData }
    }

    fn page(range: <T::Of as Rows>::Range, page: Page<<T::Of as Rows>::Key>) -> Of<T> {
        Of { range, page, _row: PhantomData }
    }
}

impl<T: Row> Ask for Of<T> {
    type Of = T::Of;
    type Answer = Vec<Seen<T>>;

    fn pose(&self, asks: &mut Vec<AskOf<Self::Of>>) {
        asks.push(RawAsk::Of(self.range.clone(), self.page.clone()));
    }

    fn take(&self, rows: &mut Answers<Self::Of>) -> Self::Answer {
        let rows = rows.next().expect("an engine answers every question");
        rows.into_iter().map(Seen::of).collect()
    }
}

/// Several questions of one kind.
impl<A: Ask> Ask for Vec<A> {
    type Of = A::Of;
    type Answer = Vec<A::Answer>;

    fn pose(&self, asks: &mut Vec<AskOf<Self::Of>>) {
        self.iter().for_each(|ask| ask.pose(asks));
    }

    fn take(&self, rows: &mut Answers<Self::Of>) -> Self::Answer {
        self.iter().map(|ask| ask.take(rows)).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))*) => {$(
        impl<R: Rows, $($name: Ask<Of = R>),*> Ask for ($($name,)*) {
            type Of = R;
            type Answer = ($($name::Answer,)*);

            fn pose(&self, asks: &mut Vec<AskOf<Self::Of>>) {
                $(self.$index.pose(asks);)*
            }

            fn take(&self, rows: &mut Answers<Self::Of>) -> Self::Answer {
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
