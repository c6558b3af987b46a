//! A PCI address, `dddd:bb:ss.f`, parsed once at the door.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a PCI function sits on its host: `dddd:bb:ss.f` in hexadecimal, as sysfs and `lspci -D` print it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    pub domain: u16,
    pub bus: u8,
    pub slot: u8,
    pub function: u8,
}

/// Why a text is not a PCI address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a PCI address; one looks like 0000:3b:00.1")]
pub struct AddressError(pub String);

/// The largest slot and function numbers that PCI can express.
pub(super) const SLOT_MAX: u8 = 0x1f;
pub(super) const FUNCTION_MAX: u8 = 7;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        parse(text).ok_or_else(|| AddressError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Address> {
    let (rest, function) = text.split_once('.')?;
    let mut fields = rest.split(':');
    let (domain, bus, slot) = (fields.next()?, fields.next()?, fields.next()?);
    let address = Address {
        domain: u16::try_from(hex(domain, 4)?).ok()?,
        bus: u8::try_from(hex(bus, 2)?).ok()?,
        slot: u8::try_from(hex(slot, 2)?).ok()?,
        function: u8::try_from(hex(function, 1)?).ok()?,
    };
    let fits = address.slot <= SLOT_MAX && address.function <= FUNCTION_MAX;
    (fits && fields.next().is_none()).then_some(address)
}

/// Exactly `digits` hexadecimal digits: `from_str_radix` alone would take a sign.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let exact = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    exact.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{:x}", self.domain, self.bus, self.slot, self.function)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses() {
        for text in ["0000:3b:00.1", "ffff:ff:1f.7", "0000:00:00.0"] {
            assert_eq!(text.parse::<Address>().expect("an address").to_string(), text);
        }
        for text in [
            "",
            "3b:00.1",
            "0000:3b:20.0",
            "0000:3b:00.8",
            "0000:+b:00.1",
            "00000:3b:00.1",
            "0000:3b:00.1.2",
            "0000:3b:00:00.1",
        ] {
            assert_eq!(text.parse::<Address>(), Err(AddressError(text.to_owned())), "{text}");
        }
    }
}
