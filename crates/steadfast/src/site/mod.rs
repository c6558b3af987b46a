//! A site on one machine: a directory, a control plane and hosts, each a process of its own.
//!
//! [`fresh`] makes the directory, [`running`] keeps the processes, [`door`] lets others play a host's death and
//! return. `steadfast up` keeps such a site; `steadfast demo` runs the main job on one.

pub mod door;
pub mod driver;
pub mod flavors;
pub mod fresh;
mod inventory;
pub mod layout;
pub mod listen;
mod lock;
pub mod process;
pub mod reader;
pub mod record;
pub mod running;
mod secret;

pub use fresh::Plan;
pub use layout::Layout;
pub use reader::Reader;
pub use running::Site;
