//! A pattern of PCI addresses as a `device_spec` writes it.

use std::fmt;
use std::str::FromStr;

use super::Address;
use super::address::{FUNCTION_MAX, SLOT_MAX};

/// `[[[domain]:]bus]:]slot][.[function]]`, as Nova reads it: a field that is `*`, empty or missing matches all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AddressGlob {
    pub domain: Option<u16>,
    pub bus: Option<u8>,
    pub slot: Option<u8>,
    pub function: Option<u8>,
}

/// Why a text is no pattern of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a pattern of PCI addresses; one looks like 0000:3b:00.1, with `*` for any whole field")]
pub struct AddressGlobError(pub String);

impl AddressGlob {
    #[must_use]
    pub fn matches(&self, address: Address) -> bool {
        self.domain.is_none_or(|field| field == address.domain)
            && self.bus.is_none_or(|field| field == address.bus)
            && self.slot.is_none_or(|field| field == address.slot)
            && self.function.is_none_or(|field| field == address.function)
    }

    /// Whether it leaves nothing open.
    #[must_use]
    pub fn is_one_function(&self) -> bool {
        self.domain.is_some() && self.bus.is_some() && self.slot.is_some() && self.function.is_some()
    }
}

impl FromStr for AddressGlob {
    type Err = AddressGlobError;

    fn from_str(text: &str) -> Result<Self, AddressGlobError> {
        parse(text).ok_or_else(|| AddressGlobError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<AddressGlob> {
    let (place, function) = text.split_once('.').unwrap_or((text, "*"));
    let mut fields = place.rsplit(':');
    let glob = AddressGlob {
        slot: narrow(field(fields.next(), SLOT_MAX.into())?),
        bus: narrow(field(fields.next(), u8::MAX.into())?),
        domain: field(fields.next(), u16::MAX)?,
        function: narrow(field(Some(function), FUNCTION_MAX.into())?),
    };
    fields.next().is_none().then_some(glob)
}

/// One field: nothing if it is malformed, else what it fixes, if it fixes anything.
fn field(text: Option<&str>, max: u16) -> Option<Option<u16>> {
    let text = text.unwrap_or("*").trim();
    if text.is_empty() || text == "*" {
        return Some(None);
    }
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
    let number = hex.then(|| u16::from_str_radix(text, 16).ok()).flatten()?;
    (number <= max).then_some(Some(number))
}

fn narrow(field: Option<u16>) -> Option<u8> {
    field.map(|number| u8::try_from(number).expect("`field` was given a limit within u8"))
}

impl fmt::Display for AddressGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |field: Option<u16>, digits: usize| match field {
            Some(number) => format!("{number:0digits$x}"),
            None => "*".to_owned(),
        };
        let (domain, bus) = (part(self.domain, 4), part(self.bus.map(u16::from), 2));
        let (slot, function) = (part(self.slot.map(u16::from), 2), part(self.function.map(u16::from), 1));
        write!(f, "{domain}:{bus}:{slot}.{function}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_as_nova_reads_them() {
        let table = [
            ("*:0a:00.*", "*:0a:00.*"),
            (":0a:00.", "*:0a:00.*"),
            ("0000:0a:00.1", "0000:0a:00.1"),
            ("a:0.1", "*:0a:00.1"),
            ("1f", "*:*:1f.*"),
            ("", "*:*:*.*"),
            (" : a : . ", "*:0a:*.*"),
        ];
        for (text, whole) in table {
            assert_eq!(text.parse::<AddressGlob>().expect(text).to_string(), whole, "{text}");
        }
        for text in
            ["0*:00.0", "1:2:3:4.0", "20", "00.8", "10000:00:00.0", "100:00.0", "0.0.0", "+1:00.0", "g"]
        {
            assert_eq!(text.parse::<AddressGlob>(), Err(AddressGlobError(text.to_owned())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in "[0-9a-fg*:. ]{0,16}|\\PC*") {
            if let Ok(glob) = text.parse::<AddressGlob>() {
                prop_assert_eq!(glob.to_string().parse::<AddressGlob>(), Ok(glob));
            }
        }

        #[test]
        fn an_address_matches_itself(domain: u16, bus: u8, slot in 0..=SLOT_MAX, function in 0..=FUNCTION_MAX) {
            let address = Address { domain, bus, slot, function };
            let glob: AddressGlob = address.to_string().parse().expect("an address is a pattern");
            prop_assert!(glob.is_one_function() && glob.matches(address));
        }
    }
}
