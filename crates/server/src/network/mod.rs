//! Network: only its discovery, so that clients which ask for it find out that there is nothing to ask.

pub mod versions;
