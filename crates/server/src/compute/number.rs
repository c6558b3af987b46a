//! The numbers by which services and hypervisors were known before 2.53: made from their uuids, since nothing here
//! counts.

use uuid::Uuid;

/// A positive 31-bit number, the same whenever it is asked for.
#[must_use]
pub fn number(id: Uuid) -> u32 {
    let bits = id.as_u64_pair().1 & 0x7fff_ffff;
    u32::try_from(bits).expect("31 bits fit").max(1)
}
