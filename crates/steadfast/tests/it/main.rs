//! The executable as its users have it: real processes, files and sockets.

mod cli;
mod config;
mod demo;
mod kill;
mod program;
mod scene;
mod up;
mod verify;
