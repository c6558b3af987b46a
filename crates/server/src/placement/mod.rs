//! Placement: what hosts can give and who holds it, as osc-placement reads it. Everything here is computed from
//! hosts and claims; nothing is stored twice, so nothing can disagree.

pub mod versions;
