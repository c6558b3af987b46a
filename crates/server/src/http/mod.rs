//! What all services of the listener share: the route table, versions, refusals, limits, and the one
//! middleware that every request passes.

pub mod access;
pub mod body;
pub mod field;
pub mod integer;
pub mod limit;
pub mod microversion;
pub mod observe;
pub mod page;
pub mod query;
pub mod refusal;
pub mod refused;
pub mod request_id;
pub mod route;
pub mod segment;
pub mod service;
pub mod stamp;
pub mod text;
pub mod versions;
