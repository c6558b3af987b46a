//! Placement: what hosts can give and who holds it, as osc-placement reads it. Everything here is computed from
//! hosts, devices and claims; nothing is stored twice, so nothing can disagree.

pub mod allocations;
pub mod cache;
pub mod class;
pub mod consumer;
pub mod inventory;
pub mod provider;
pub mod resource_classes;
pub mod resource_providers;
pub mod traits;
pub mod tree;
pub mod unbuilt;
pub mod versions;
