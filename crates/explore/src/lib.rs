//! Runs async code under full control of every await, and tries its orders.
//!
//! ```
//! use steadfast_explore::{Footprint, Handle, Options, Scenario, World, search};
//!
//! // Two clerks each read a counter and write it back, one higher. Can a count be lost?
//! #[derive(Clone, Default)]
//! struct Counter(u32);
//!
//! impl World for Counter {
//!     type Object = &'static str;
//!     fn digest(&self) -> u64 { self.0.into() }
//! }
//!
//! async fn clerk(world: Handle<Counter>) {
//!     let seen = world.step("read", |counter| (counter.0, Footprint::reads(["counter"]))).await;
//!     world.step("write", move |counter| (counter.0 = seen + 1, Footprint::writes(["counter"]))).await;
//! }
//!
//! struct TwoClerks;
//! impl Scenario for TwoClerks {
//!     type World = Counter;
//!     fn world(&self) -> Counter { Counter::default() }
//!     fn start(&self, world: &Handle<Counter>) {
//!         world.spawn("office", "first", clerk(world.clone()));
//!         world.spawn("office", "second", clerk(world.clone()));
//!     }
//!     fn at_rest(&self, counter: &Counter) -> Result<(), String> {
//!         if counter.0 == 2 { Ok(()) } else { Err(format!("counted {}", counter.0)) }
//!     }
//! }
//!
//! let found = search(&TwoClerks, &Options::default()).expect("it ends");
//! assert!(found.exhausted);
//! assert_eq!(found.schedules, 4, "of six orders, two differ from others only in which clerk reads first");
//! assert!(found.violation.expect("a count is lost").message.contains("counted 1"));
//! ```
//!
//! Ordinary `async fn`s run as tasks. Whatever they do to the world they do through [`Handle`]: a task stops at each
//! step, and the explorer decides whose step comes next. A step is atomic. Between steps a task's own code runs on, but
//! it cannot see or change the world but with [`Handle::touch`], which is part of the step before, so the order of
//! steps is the whole of what can differ. (So tasks may share nothing but the world, and tell each other nothing but
//! the answers of [`Handle::request`].) Things that go wrong are steps too ([`Handle::fault`], [`Handle::crash`]): when
//! they happen, and whether, is explored with the rest.
//!
//! [`search()`] tries every order that can differ, and says when it has. With [`Reduction::States`] it comes to every
//! state instead, which are far fewer, if the world says what its objects hold ([`World::content`]); a task that says
//! where it stands ([`Handle::stands_at`], [`Handle::waits_at`]) makes them fewer still. [`sample()`] draws orders at
//! random, for what is too large. What they find is made small ([`minimise()`]), named in a few characters ([`Token`]),
//! told to a person ([`mod@timeline`]), and searched again with steps joined, for what would mend it ([`repairs()`]).
//! That neither search loses anything is tested against plain search on generated programs, not believed.

mod by_hash;
mod clock;
mod event;
mod executor;
mod explorable;
mod footprint;
mod handle;
mod meter;
mod minimise;
mod orders;
mod repair;
mod replay;
mod run;
mod sample;
mod search;
mod single;
mod standing;
mod states;
mod steady;
pub mod timeline;
mod token;
mod world;

pub use clock::STEPS_MAX;
pub use executor::{Shown, StepId};
pub use explorable::Explorable;
pub use footprint::{Footprint, Object};
pub use handle::{Handle, When};
pub use meter::Meter;
pub use minimise::{Minimal, kind_of, minimise};
pub use repair::{Hint, Verdict, repairs};
pub use replay::{Replayed, Switch};
pub use run::{Limits, Merges, Trace, Unfinished, Why, Wrong};
pub use sample::{Draw, Ends, Sample, Sampled, sample};
pub use search::{Found, Options, Reduction, Violation, search, search_and_tell};
pub use single::{actors, pace, rehearse, trace};
pub use steady::{Steady, Sum};
pub use token::{Token, TokenError, retrace};
pub use world::{Content, Scenario, World};
