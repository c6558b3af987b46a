//! One suite for every engine: what [`steadfast_store::Memory`] answers, the others must answer.

mod agree;
mod broken;
mod commit;
mod engines;
mod faulty;
mod lists;
mod postgres;
mod proxy;
mod runner;
mod sample;
mod schema;

mod server;
mod v1;
