//! The orders that are open: at most one for each guest at a time, and a way to wait until there is none.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use steadfast_model::ids::ClaimId;

/// The guests that an order works on now.
#[derive(Debug, Default)]
pub struct Orders {
    open: Mutex<BTreeSet<ClaimId>>,
    ended: Condvar,
}

/// An order that is open until this is dropped, by a panic too.
#[derive(Debug)]
pub struct Open<'a> {
    orders: &'a Orders,
    claim: ClaimId,
}

impl Orders {
    /// Opens an order, once no other one for the same guest is.
    pub fn begin(&self, claim: ClaimId) -> Open<'_> {
        let mut open = self.open();
        while open.contains(&claim) {
            open = self.wait(open);
        }
        open.insert(claim);
        Open { orders: self, claim }
    }

    /// Returns at a moment at which no order is open.
    pub fn settle(&self) {
        let mut open = self.open();
        while !open.is_empty() {
            open = self.wait(open);
        }
    }

    /// The set is whole even if a thread that held it panicked: nothing is done to it in steps.
    fn open(&self) -> MutexGuard<'_, BTreeSet<ClaimId>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, open: MutexGuard<'a, BTreeSet<ClaimId>>) -> MutexGuard<'a, BTreeSet<ClaimId>> {
        self.ended.wait(open).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.orders.open().remove(&self.claim);
        self.orders.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use uuid::Uuid;

    use super::*;

    /// What `waits` does in another thread must come after the end of an order that is open when it begins.
    fn check(waits: impl Fn(&Orders) + Send) {
        let orders = Orders::default();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let open = orders.begin(ClaimId(Uuid::from_u128(1)));
            let tell_other = tell.clone();
            let orders = &orders;
            scope.spawn(move || {
                tell_other.send("waits").expect("this test listens");
                waits(orders);
                tell_other.send("is through").expect("this test listens");
            });
            assert_eq!(told.recv(), Ok("waits"));
            // The other thread gets every chance to be through too early.
            (0..1000).for_each(|_| thread::yield_now());
            tell.send("the order ends").expect("this test listens");
            drop(open);
            assert_eq!(told.recv(), Ok("the order ends"));
            assert_eq!(told.recv(), Ok("is through"));
        });
    }

    #[test]
    fn the_barrier_waits_for_open_orders() {
        check(Orders::settle);
    }

    #[test]
    fn a_guest_has_one_order_at_a_time() {
        check(|orders| drop(orders.begin(ClaimId(Uuid::from_u128(1)))));
    }

    #[test]
    fn guests_do_not_wait_for_each_other() {
        let orders = Orders::default();
        let _one = orders.begin(ClaimId(Uuid::from_u128(1)));
        let two = orders.begin(ClaimId(Uuid::from_u128(2)));
        drop(two);
        drop(orders.begin(ClaimId(Uuid::from_u128(2))));
    }
}
