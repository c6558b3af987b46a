//! Steadfast's one executable, as a library, so that its tests can use the parts that it is wired from.
//!
//! [`world`] puts the operations on tokio, over a store, HTTP and a hypervisor; [`site`] keeps a whole site on one
//! machine; [`demo`], [`verify`] and [`bench`] are what their commands do; [`command`] has one file for each command.
//! Whatever is printed goes through [`say`].

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod bench;
pub mod cli;
pub mod command;
pub mod config;
pub mod control_plane;
pub mod demo;
pub mod exit;
pub mod explore;
pub mod http;
mod log;
mod nearest;
pub mod say;
pub mod site;
pub mod verify;
pub mod world;
