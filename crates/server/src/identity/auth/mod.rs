//! `/v3/auth`: logging in, and what a token is good for.

pub mod catalog;
pub mod projects;
pub mod request;
pub mod tokens;
