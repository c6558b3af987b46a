//! The executable as its users have it: real processes, files and sockets.

mod cli;
mod config;
mod demo;
mod explore;
mod host;
mod kill;
mod openstack;
#[path = "../../../store/tests/it/server.rs"]
#[allow(dead_code, reason = "the store's own tests need more of it")]
mod postgres;
mod program;
mod sanitizing;
mod scene;
mod unread;
mod up;
mod verify;
