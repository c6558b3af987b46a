//! The endpoint of the hosts' agents: each message of the agents' protocol is a POST of JSON.

pub mod key;
pub mod message;
