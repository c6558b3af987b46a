//! How long to wait before something is tried again.

use std::time::Duration;

/// The first wait. Shorter tries again before the other transaction is over; longer idles.
const WAIT_MIN_MICROS: u64 = 500;
/// The longest wait. Longer leaves a caller waiting when the other is long done.
const WAIT_MAX_MICROS: u64 = 200_000;

/// The wait before try `tries`, counted from 1: twice the one before, and somewhere in its upper half, so that two who
/// met do not meet again. `salt` says where; two processes differ in it.
pub(crate) fn wait(tries: u32, salt: u64) -> Duration {
    let doublings = tries.saturating_sub(1).min(16);
    let whole = (WAIT_MIN_MICROS << doublings).min(WAIT_MAX_MICROS);
    let half = whole / 2;
    Duration::from_micros(half + scatter(salt.wrapping_add(u64::from(tries))) % (half + 1))
}

/// Neighbouring numbers become unrelated ones: the finaliser of SplitMix64.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_scatter() {
        for tries in 1..40 {
            let whole = (WAIT_MIN_MICROS << (tries - 1).min(16)).min(WAIT_MAX_MICROS);
            let waits: Vec<u64> =
                (0..20).map(|salt| u64::try_from(wait(tries, salt).as_micros()).expect("short")).collect();
            assert!(waits.iter().all(|wait| (whole / 2..=whole).contains(wait)), "{tries}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{tries}: {waits:?}");
        }
    }
}
