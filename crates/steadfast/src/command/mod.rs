//! The commands, one file each.

pub mod agent;
pub mod demo;
pub mod password;
pub mod server;
pub mod tie;
pub mod up;
