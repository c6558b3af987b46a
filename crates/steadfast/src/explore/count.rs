//! Numbers of things, as they are written.

/// What one or several things are called: `run`, `runs`.
#[must_use]
pub(super) fn things(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{thing}{plural}")
}

/// A number of things: `1 run`, `2 runs`.
#[must_use]
pub(super) fn counted(number: u64, thing: &str) -> String {
    format!("{number} {}", things(number, thing))
}
