//! The shipped operations under the explorer: every race in every order, and every rule switched off.

mod campaign;
mod cores;
mod crashes;
mod engines;
mod explored;
mod generated;
mod legacy;
mod mutants;
mod races;
mod runs;
mod stale;

/// What the executable allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
