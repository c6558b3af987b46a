//! Texts of a request, within the length that their type names.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A name: 1 to 255 characters, all printable, no space at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub String);

/// A description: at most 255 characters, none a control character but line ends and tabs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Description(pub String);

/// The most characters of either.
pub const TEXT_CHARS_MAX: usize = 255;

impl Name {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Name, String> {
        let fits = !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX;
        let printable = !text.chars().any(char::is_control) && text.trim() == text;
        if fits && printable {
            return Ok(Name(text.to_owned()));
        }
        let shown = super::refusal::quote(text);
        Err(format!(
            "`{shown}` is not a valid name, 1 to {TEXT_CHARS_MAX} printable characters without a space at either end are needed"
        ))
    }
}

impl Description {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Description, String> {
        let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        if text.chars().count() <= TEXT_CHARS_MAX && text.chars().all(plain) {
            return Ok(Description(text.to_owned()));
        }
        let shown = super::refusal::quote(text);
        Err(format!(
            "`{shown}` is not a valid description, at most {TEXT_CHARS_MAX} characters without control characters are needed"
        ))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Name::parse(&deserializer.deserialize_str(Text)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Description {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Description::parse(&deserializer.deserialize_str(Text)?).map_err(D::Error::custom)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}
