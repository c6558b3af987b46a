//! The HTTP as its clients see it: requests go through the router, without sockets, to the operations over the
//! engine in memory.

mod api;
mod host;
mod operator;
mod world;

mod agent;
mod any;
mod bad;
mod docs;
mod evacuate;
mod fault;
mod flavors;
mod hosts;
mod identity;
mod image;
mod log;
mod metrics;
mod moves;
mod placement;
mod range;
mod servers;
mod version;
