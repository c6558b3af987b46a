//! The one availability zone, by the name that Nova gives it when nobody names any.

pub const ZONE: &str = "nova";
