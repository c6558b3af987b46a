//! Numbers of things, as they are written.

/// What one or several things are called: `run`, `runs`.
#[must_use]
pub(super) fn things(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{thing}{plural}")
}

/// The largest number that is written to the last digit.
const EXACT_MAX: u128 = 999_999_999;

/// A number of things that may be too large to be read: `6 orders`, `1.9e14 orders`.
#[must_use]
pub(super) fn rough(number: u128, thing: &str) -> String {
    match u64::try_from(number).ok().filter(|_| number <= EXACT_MAX) {
        Some(number) => counted(number, thing),
        None => format!("{:.1e} {}", number as f64, things(u64::MAX, thing)),
    }
}

/// A number of things: `1 run`, `2 runs`.
#[must_use]
pub(super) fn counted(number: u64, thing: &str) -> String {
    format!("{number} {}", things(number, thing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_rough() {
        let cases = [
            (0, "0 orders"),
            (1, "1 order"),
            (EXACT_MAX, "999999999 orders"),
            (EXACT_MAX + 1, "1.0e9 orders"),
            (193_000_000_000_000, "1.9e14 orders"),
            (u128::MAX, "3.4e38 orders"),
        ];
        for (number, text) in cases {
            assert_eq!(rough(number, "order"), text);
        }
    }
}
