//! Whole numbers of a request, within bounds that their type names.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The largest number that a column of the compatible APIs holds.
pub const INTEGER_MAX: u64 = 2_147_483_647;

/// A whole number from `MIN` to `MAX`. Like Nova, it may come as a text of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Integer<const MIN: u64, const MAX: u64>(pub u64);

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Integer<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Within::<MIN, MAX>).map(Integer)
    }
}

struct Within<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Within<MIN, MAX> {
    fn checked<E: Error>(number: Option<u64>, shown: impl fmt::Display) -> Result<u64, E> {
        let within = number.filter(|number| (MIN..=MAX).contains(number));
        within.ok_or_else(|| {
            E::custom(format!("{shown} is out of range, a whole number from {MIN} to {MAX} is needed"))
        })
    }
}

impl<const MIN: u64, const MAX: u64> Visitor<'_> for Within<MIN, MAX> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        Self::checked(Some(number), number)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        Self::checked(u64::try_from(number).ok(), number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(E::invalid_type(serde::de::Unexpected::Str(text), &self));
        }
        Self::checked(text.parse().ok(), text)
    }
}
