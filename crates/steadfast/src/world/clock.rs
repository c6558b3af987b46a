//! Time, ids and tasks: the part of the world that the control plane and the agents share.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use steadfast_model::ids::Moment;
use steadfast_operations::seam::Step;
use tracing::Instrument;
use uuid::{Builder, Uuid};

/// The wall clock. One that stands before 1970 counts as 1970: moments are only shown and compared.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// An id that nobody else gets.
///
/// # Panics
/// When the kernel gives no random numbers: nothing that is unique can be made then.
pub fn id() -> Uuid {
    let mut tail = [0; 10];
    getrandom::fill(&mut tail).expect("the kernel gives random numbers");
    id_at(now(), tail)
}

/// A UUID of version 7: 48 bits of milliseconds, 12 bits of the fraction below, 62 random bits. Those of a later
/// microsecond sort after those of an earlier one.
fn id_at(moment: Moment, mut tail: [u8; 10]) -> Uuid {
    let micros = moment.0.unsigned_abs();
    let fraction = micros % 1000 * 4096 / 1000;
    [.., tail[0], tail[1]] = fraction.to_be_bytes();
    Builder::from_unix_timestamp_millis(micros / 1000, &tail).into_uuid()
}

pub async fn timer(after_ms: u64) {
    tokio::time::sleep(Duration::from_millis(after_ms)).await;
}

pub fn spawn(task: Step, future: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(future.instrument(tracing::debug_span!("task", name = task)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_whatever_chance_says() {
        for micros in 1_700_000_000_000_000..1_700_000_000_003_000 {
            let one = id_at(Moment(micros), [0xff; 10]);
            let other = id_at(Moment(micros + 1), [0; 10]);
            assert!(one < other, "{one} {other}");
            assert_eq!(one.get_version_num(), 7);
        }
        assert_ne!(id(), id());
    }
}
