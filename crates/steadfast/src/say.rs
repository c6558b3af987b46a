//! What commands say, and what becomes of it when nobody reads: the only place that writes to a standard stream.
//!
//! Rust ignores SIGPIPE, so a reader who leaves is an error of a write, not the end of the process. It travels as
//! [`Failure::Unread`] from where it is met to where the command ends, past everything that has to be cleaned up.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::exit::Failure;

/// A line on standard output, or several that belong together: what the command was run for. They are one write, so
/// that whoever leaves after the first of them has been given all.
///
/// # Errors
/// [`Failure::Unread`] when nobody reads it any more.
pub fn say(line: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::Unread),
        written => written.map_err(Failure::cannot("write to standard output")),
    }
}

/// A line on standard error. A command goes on whether or not anybody reads it.
pub fn say_aside(line: impl Display) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
