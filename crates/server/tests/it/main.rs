//! The HTTP as its clients see it: requests go through the router, without sockets, to the operations over the
//! engine in memory.

mod api;
mod world;

mod agent;
mod docs;
mod fault;
mod identity;
mod image;
mod log;
mod metrics;
mod version;
