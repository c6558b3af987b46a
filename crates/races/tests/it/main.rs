//! The shipped operations under the explorer: every race in every order, and every rule switched off.

mod crashes;
mod generated;
mod legacy;
mod races;
mod twin;
