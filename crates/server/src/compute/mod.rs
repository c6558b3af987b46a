//! Compute v2.1: the path of a URL is the path of its file.

pub mod flavors;
pub mod limits;
pub mod links;
pub mod number;
pub mod os_aggregates;
pub mod os_availability_zone;
pub mod os_hypervisors;
pub mod os_migrations;
pub mod os_services;
pub mod servers;
pub mod unbuilt;
pub mod versions;
pub mod zone;
