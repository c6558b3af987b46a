//! Steadfast.
