//! What stands in one column, and how a field of a row becomes that.
//!
//! Texts are spelled as the types spell themselves for `serde`, so that a database, the API and the feed agree.
//! Lists and maps are JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use steadfast_model::action::ActionKind;
use steadfast_model::claim::Role;
use steadfast_model::ids::{
    Attempt, ClaimId, Epoch, FlavorId, Generation, HostId, InstanceId, InventorySeq, ListGen, MigrationId,
    Moment, Order, ProjectId, ReportSeq, RequestId, SanitizerName, UserId, Version,
};
use steadfast_model::instance::{Power, VmState};
use steadfast_model::inventory::{RatioMilli, ResourceClass};
use steadfast_model::ledger::Event;
use steadfast_model::migration::{MigrationKind, MigrationStatus};
use steadfast_model::pci::{Address, HexId, Kind};
use uuid::Uuid;

/// The two types of column that both databases share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Integer,
    Text,
}

/// What is written to a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
}

/// What is read from a column, borrowed from the database's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
}

/// A field that is one column.
pub(crate) trait Field: Sized {
    const TYPE: Type;

    fn put(&self) -> Value;

    /// # Errors
    /// What is wrong with the column, to be read after its name.
    fn take(cell: Cell<'_>) -> Result<Self, String>;
}

impl<F: Field> Field for Option<F> {
    const TYPE: Type = F::TYPE;

    fn put(&self) -> Value {
        self.as_ref().map_or(Value::Null, Field::put)
    }

    fn take(cell: Cell<'_>) -> Result<Self, String> {
        match cell {
            Cell::Null => Ok(None),
            Cell::Integer(_) | Cell::Text(_) => F::take(cell).map(Some),
        }
    }
}

fn text(cell: Cell<'_>) -> Result<&str, String> {
    match cell {
        Cell::Text(text) => Ok(text),
        Cell::Integer(number) => Err(format!("is the number {number}, not a text")),
        Cell::Null => Err("is empty".to_owned()),
    }
}

fn integer(cell: Cell<'_>) -> Result<i64, String> {
    match cell {
        Cell::Integer(number) => Ok(number),
        Cell::Text(text) => Err(format!("is the text `{text}`, not a number")),
        Cell::Null => Err("is empty".to_owned()),
    }
}

/// Free text. PostgreSQL has no room for a NUL in it: one is replaced, so that no engine refuses what another takes.
impl Field for String {
    const TYPE: Type = Type::Text;

    fn put(&self) -> Value {
        Value::Text(if self.contains('\0') { self.replace('\0', "\u{fffd}") } else { self.clone() })
    }

    fn take(cell: Cell<'_>) -> Result<Self, String> {
        text(cell).map(ToOwned::to_owned)
    }
}

impl Field for bool {
    const TYPE: Type = Type::Integer;

    fn put(&self) -> Value {
        Value::Integer(i64::from(*self))
    }

    fn take(cell: Cell<'_>) -> Result<Self, String> {
        match integer(cell)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("is {other}, neither 0 nor 1")),
        }
    }
}

impl Field for i64 {
    const TYPE: Type = Type::Integer;

    fn put(&self) -> Value {
        Value::Integer(*self)
    }

    fn take(cell: Cell<'_>) -> Result<Self, String> {
        integer(cell)
    }
}

impl Field for Moment {
    const TYPE: Type = Type::Integer;

    fn put(&self) -> Value {
        Value::Integer(self.0)
    }

    fn take(cell: Cell<'_>) -> Result<Self, String> {
        integer(cell).map(Moment)
    }
}

/// Numbers that are never negative. One beyond 2^63 is kept as 2^63 − 1: every door refuses such amounts, and no
/// counter gets there.
macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Field for $number {
            const TYPE: Type = Type::Integer;

            fn put(&self) -> Value {
                Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn take(cell: Cell<'_>) -> Result<Self, String> {
                let number = integer(cell)?;
                number.try_into().map_err(|_| format!("is {number}, which is out of range"))
            }
        }
    )*};
}

numbers! { u64 u32 u16 }

/// Types around one number.
macro_rules! counters {
    ($($name:ident)*) => {$(
        impl Field for $name {
            const TYPE: Type = Type::Integer;

            fn put(&self) -> Value {
                self.0.put()
            }

            fn take(cell: Cell<'_>) -> Result<Self, String> {
                Field::take(cell).map($name)
            }
        }
    )*};
}

counters! { Attempt Epoch Generation InventorySeq ListGen Order RatioMilli ReportSeq Version }

/// Types that spell themselves as one text.
macro_rules! texts {
    ($($name:ty)*) => {$(
        impl Field for $name {
            const TYPE: Type = Type::Text;

            fn put(&self) -> Value {
                Value::Text(spell(self))
            }

            fn take(cell: Cell<'_>) -> Result<Self, String> {
                parse(text(cell)?)
            }
        }
    )*};
}

texts! {
    ActionKind Address ClaimId Event FlavorId HexId HostId InstanceId Kind MigrationId MigrationKind MigrationStatus
    Power ProjectId RequestId ResourceClass Role SanitizerName UserId Uuid VmState
}

fn spell(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        other => unreachable!("names and identifiers spell themselves as texts, not {other:?}"),
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let spelled: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(spelled).map_err(|why| format!("is `{text}`: {why}"))
}

/// A list, a map, or a copy of one row within another.
pub(crate) fn put_document(value: &impl Serialize) -> Value {
    Value::Text(serde_json::to_string(value).expect("plain data has a JSON form"))
}

pub(crate) fn take_document<T: DeserializeOwned>(cell: Cell<'_>) -> Result<T, String> {
    let text = text(cell)?;
    serde_json::from_str(text).map_err(|why| format!("is `{text}`: {why}"))
}
