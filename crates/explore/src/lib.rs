//! Runs async code under full control of every await, and tries its orders.
//!
//! Ordinary `async fn`s run as tasks. Whatever they do to the world they do through [`Handle::step`]: the task
//! stops there, and the explorer decides whose step comes next. A step is atomic. Between steps a task's own code
//! runs on, but it cannot see or change the world, so the order of steps is the whole of what can differ.
//!
//! [`search()`] goes through the orders depth first, executing each from the start. Two steps that touch nothing in
//! common can go in either order with the same result: sleep sets skip the second of such orders and still reach
//! every state. That a reduction loses nothing is tested against plain search, not believed.
//!
//! ```
//! use steadfast_explore::{Footprint, Handle, Scenario, World, search, Options};
//!
//! // Two clerks each read a counter and write it back, one higher. Can a count be lost?
//! #[derive(Clone, Default)]
//! struct Counter(u32);
//!
//! #[derive(Clone, Debug)]
//! struct Everything;
//! impl Footprint for Everything {
//!     fn meets(&self, _: &Everything) -> bool { true }
//! }
//!
//! impl World for Counter {
//!     type Footprint = Everything;
//! }
//!
//! async fn clerk(world: Handle<Counter>) {
//!     let seen = world.step("read", |counter| (counter.0, Everything)).await;
//!     world.step("write", move |counter| (counter.0 = seen + 1, Everything)).await;
//! }
//!
//! struct TwoClerks;
//! impl Scenario for TwoClerks {
//!     type World = Counter;
//!     fn world(&self) -> Counter { Counter::default() }
//!     fn start(&self, world: &Handle<Counter>) {
//!         world.spawn("clerks", "first", clerk(world.clone()));
//!         world.spawn("clerks", "second", clerk(world.clone()));
//!     }
//!     fn at_rest(&self, counter: &Counter) -> Result<(), String> {
//!         if counter.0 == 2 { Ok(()) } else { Err(format!("counted {}", counter.0)) }
//!     }
//! }
//!
//! let found = search(&TwoClerks, &Options::default()).expect("it ends");
//! assert_eq!(found.schedules, 6);
//! assert!(found.violation.expect("a count is lost").message.contains("counted 1"));
//! ```

mod executor;
mod handle;
mod search;
mod walk;

pub use executor::{Footprint, World};
pub use handle::Handle;
pub use search::{Found, Options, Overrun, Scenario, Trace, TraceStep, Violation, rehearse, search};
pub use walk::walk;
