//! Whether a host's agent is up, in the words that operators know.

use steadfast_model::host::{Host, Receipt};
use steadfast_model::ids::Moment;

/// How long an agent may be silent before it is shown as down. It is shown only: a silent host is not a dead one,
/// and nothing is done about it. Lower makes busy agents flicker; higher hides dead ones.
pub const SILENT_AFTER_US: u64 = 60 * 1_000_000;

/// A life of the host is registered, nothing says that it is dead, and it spoke lately.
#[must_use]
pub fn is_up(host: &Host, now: Moment) -> bool {
    host.lives() && is_lately(host.last_seen, now)
}

/// A moment far ahead is one at which the clock was wrong: a host that still spoke would have been seen since.
fn is_lately(seen: Moment, now: Moment) -> bool {
    now.0.abs_diff(seen.0) <= SILENT_AFTER_US
}

/// Nova's `state`.
#[must_use]
pub fn state(host: &Host, now: Moment) -> &'static str {
    if is_up(host, now) { "up" } else { "down" }
}

/// Nova's `status`: whether new servers may come.
#[must_use]
pub fn status(host: &Host) -> &'static str {
    if host.disabled.is_some() { "disabled" } else { "enabled" }
}

/// A person answers for the host being down.
#[must_use]
pub fn forced_down(host: &Host) -> bool {
    matches!(host.receipt, Some(Receipt::Asserted(_)))
}

/// The reason given with a disabling; none if none was given.
#[must_use]
pub fn disabled_reason(host: &Host) -> Option<&str> {
    host.disabled.as_deref().filter(|reason| !reason.is_empty())
}

/// What a server shows of its host to operators.
#[must_use]
pub fn host_status(host: &Host, now: Moment) -> &'static str {
    if !is_up(host, now) {
        "DOWN"
    } else if host.disabled.is_some() {
        "MAINTENANCE"
    } else {
        "UP"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_long_in_either_direction() {
        let long = SILENT_AFTER_US.cast_signed();
        let cases = [
            ("at once", 0, 0, true),
            ("in time", 0, long, true),
            ("late", 0, long + 1, false),
            ("before the clock went back a little", long, 0, true),
            ("before the clock went back far", long + 1, 0, false),
        ];
        for (name, seen, now, lately) in cases {
            assert_eq!(is_lately(Moment(seen), Moment(now)), lately, "{name}");
        }
    }
}
