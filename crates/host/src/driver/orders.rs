//! The orders that are open: at most one for each guest or device at a time, and a way to wait until there is none.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steadfast_model::hypervisor::{ActError, Target};

/// How soon the barrier cuts short again what it waits for: an order may have been about to begin something long.
const CUT_SHORT_RETRY: Duration = Duration::from_millis(20);

/// How long the barrier waits for orders. Every other one is over much sooner, but what a sanitizer does may hang in
/// the kernel.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(120);

/// What an order works on now.
#[derive(Debug, Default)]
pub struct Orders {
    open: Mutex<BTreeSet<Target>>,
    ended: Condvar,
}

/// An order that is open until this is dropped, by a panic too.
#[derive(Debug)]
pub struct Open<'a> {
    orders: &'a Orders,
    target: Target,
}

impl Orders {
    /// Opens an order, once no other one for the same target is.
    pub fn begin(&self, target: Target) -> Open<'_> {
        let mut open = self.open();
        while open.contains(&target) {
            open = self.ended.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
        open.insert(target);
        Open { orders: self, target }
    }

    /// Returns at a moment at which no order is open and nothing is left to cut short. `cut_short` ends what would keep
    /// an order open for long, and what was begun by others.
    ///
    /// # Errors
    /// When that cannot be ended, or an order is still open after a time in which others end.
    pub fn settle(&self, cut_short: impl Fn() -> Result<(), ActError>) -> Result<(), ActError> {
        self.settle_within(SETTLE_TIMEOUT, cut_short)
    }

    fn settle_within(
        &self,
        timeout: Duration,
        cut_short: impl Fn() -> Result<(), ActError>,
    ) -> Result<(), ActError> {
        let deadline = Instant::now() + timeout;
        loop {
            let settled = self.open().is_empty();
            cut_short()?;
            if settled {
                return Ok(());
            }
            let open = self.open();
            if !open.is_empty() && Instant::now() >= deadline {
                return Err(ActError(format!("orders do not end: {}", names(&open))));
            }
            if !open.is_empty() {
                let waited = self.ended.wait_timeout(open, CUT_SHORT_RETRY);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// The set is whole even if a thread that held it panicked: nothing is done to it in steps.
    fn open(&self) -> MutexGuard<'_, BTreeSet<Target>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What these orders are for.
fn names(open: &BTreeSet<Target>) -> String {
    let names = open.iter().map(|target| match target {
        Target::Guest(claim) => format!("guest {claim}"),
        Target::Device(device) => format!("device {device}"),
    });
    names.collect::<Vec<_>>().join(", ")
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.orders.open().remove(&self.target);
        self.orders.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use steadfast_model::ids::ClaimId;
    use uuid::Uuid;

    use super::*;

    /// When a test fails that would wait for ever.
    const DEADLINE: Duration = Duration::from_secs(60);

    fn guest(n: u128) -> Target {
        Target::Guest(ClaimId(Uuid::from_u128(n)))
    }

    fn device() -> Target {
        Target::Device("0000:3b:00.0".parse().expect("an address"))
    }

    /// What `waits` does in another thread must come after the end of an order that is open when it begins.
    fn check(waits: impl Fn(&Orders) + Send) {
        let orders = Orders::default();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let open = orders.begin(guest(1));
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
        check(|orders| orders.settle(|| Ok(())).expect("nothing is cut short"));
    }

    #[test]
    fn a_guest_has_one_order_at_a_time() {
        check(|orders| drop(orders.begin(guest(1))));
    }

    #[test]
    fn guests_and_devices_do_not_wait_for_each_other() {
        let orders = Orders::default();
        let _one = orders.begin(guest(1));
        for other in [guest(2), device()] {
            drop(orders.begin(other));
            drop(orders.begin(other));
        }
    }

    #[test]
    fn the_barrier_ends_what_begins_something_long_only_while_it_waits() {
        let orders = Orders::default();
        let (cut, ended) = mpsc::channel();
        thread::scope(|scope| {
            let open = orders.begin(device());
            scope.spawn(move || {
                // It is about to begin something long when the barrier cuts short for the first time.
                ended.recv_timeout(DEADLINE).expect("the barrier cuts short");
                ended.recv_timeout(DEADLINE).expect("the barrier cuts short again");
                drop(open);
            });
            // Once the order has ended, nobody listens.
            let cut_short = || {
                let _ = cut.send(());
                Ok(())
            };
            orders.settle(cut_short).expect("the order ends");
        });
        assert_eq!(*orders.open(), BTreeSet::new());
    }

    #[test]
    fn the_barrier_ends_what_no_order_of_this_life_began() {
        let refused = Orders::default().settle(|| Err(ActError("it does not end".to_owned())));
        assert_eq!(refused, Err(ActError("it does not end".to_owned())));
    }

    #[test]
    fn an_order_that_does_not_end_fails_the_barrier() {
        let orders = Orders::default();
        let _open = (orders.begin(device()), orders.begin(guest(1)));
        let refused = orders.settle_within(Duration::ZERO, || Ok(()));
        let why = "orders do not end: guest 00000000-0000-0000-0000-000000000001, device 0000:3b:00.0";
        assert_eq!(refused, Err(ActError(why.to_owned())));
    }
}
