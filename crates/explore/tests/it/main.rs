//! The explorer explored: its reductions against plain search, its random runs against themselves.

mod letters;
mod program;
mod sound;
mod strategies;
mod violations;

/// What the executable allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
