//! Identity: as much of Keystone v3 as OpenStack's clients need on a site without one.
//!
//! Users and projects stand in a file; tokens are signed, not stored. So several control planes agree with each
//! other, and a restart forgets nothing.

pub mod auth;
pub mod caller;
pub mod catalog;
pub mod directory;
pub mod domains;
pub mod password;
pub mod projects;
pub mod role;
pub mod roles;
pub mod secret;
pub mod token;
pub mod users;
pub mod versions;
