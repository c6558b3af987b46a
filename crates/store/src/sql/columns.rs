//! How a row is spread over columns and put together again.

use serde::Serialize;
use serde::de::DeserializeOwned;
use steadfast_operations::seam::Abort;

use super::value::{Cell, Field, Type, Value};

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: &'static str,
    pub ty: Type,
}

/// Something that fills a fixed number of columns: a field, a part of a row, or a row.
pub(crate) trait Columns: Sized {
    /// Names the columns in order. `field` is what the part is called in its row.
    fn describe(field: &'static str, columns: &mut Vec<Column>);

    fn spread(&self, values: &mut Vec<Value>);

    /// # Errors
    /// [`Abort::Corrupt`], naming table, key and column.
    fn gather(cells: &mut Cells<'_>) -> Result<Self, Abort>;
}

impl<F: Field> Columns for F {
    fn describe(field: &'static str, columns: &mut Vec<Column>) {
        columns.push(Column { name: field, ty: F::TYPE });
    }

    fn spread(&self, values: &mut Vec<Value>) {
        values.push(Field::put(self));
    }

    fn gather(cells: &mut Cells<'_>) -> Result<Self, Abort> {
        cells.next_with(F::take)
    }
}

/// One row of a database's answer.
pub(crate) trait Answer {
    /// # Errors
    /// When the database holds another type there.
    fn cell(&self, index: usize) -> Result<Cell<'_>, String>;
}

/// The cells of one row, taken from the left.
pub(crate) struct Cells<'a> {
    table: &'static str,
    columns: &'a [Column],
    key_len: usize,
    answer: &'a dyn Answer,
    at: usize,
}

impl<'a> Cells<'a> {
    pub fn new(table: &'static str, columns: &'a [Column], key_len: usize, answer: &'a dyn Answer) -> Self {
        Cells { table, columns, key_len, answer, at: 0 }
    }

    pub fn next_with<T>(&mut self, take: impl FnOnce(Cell<'_>) -> Result<T, String>) -> Result<T, Abort> {
        let taken = self.answer.cell(self.at).and_then(take);
        self.at += 1;
        taken.map_err(|why| self.corrupt(&why))
    }

    /// An error about the column that was taken last.
    pub fn corrupt(&self, why: &str) -> Abort {
        let column = self.columns.get(self.at - 1).map_or("?", |column| column.name);
        let part = |index| match self.answer.cell(index) {
            Ok(Cell::Text(text)) => text.to_owned(),
            Ok(Cell::Integer(number)) => number.to_string(),
            Ok(Cell::Null) | Err(_) => "?".to_owned(),
        };
        let key: Vec<String> = (0..self.key_len).map(part).collect();
        let (table, key) = (self.table, key.join("/"));
        Abort::Corrupt(format!(
            "row {key} of table {table}: column {column} {why}; correct it and raise the row's generation"
        ))
    }
}

/// Spreads a struct over columns, field by field in this order. A field that would be called like a word of SQL gets
/// another name; a list or a map is marked as JSON. That every field is named, the compiler sees to.
macro_rules! columns {
    ($row:ty { $($field:ident $(as $column:literal)? $(: $json:ident)?),* $(,)? }) => {
        impl $crate::sql::columns::Columns for $row {
            fn describe(_: &'static str, columns: &mut Vec<$crate::sql::columns::Column>) {
                $($crate::sql::columns::field!(
                    describe columns, $row, $field, $crate::sql::columns::name!($field $($column)?) $(, $json)?
                );)*
            }

            fn spread(&self, values: &mut Vec<$crate::sql::value::Value>) {
                let Self { $($field),* } = self;
                $($crate::sql::columns::field!(put values, $field $(, $json)?);)*
            }

            fn gather(
                cells: &mut $crate::sql::columns::Cells<'_>,
            ) -> Result<Self, steadfast_operations::seam::Abort> {
                $(let $field = $crate::sql::columns::field!(take cells $(, $json)?);)*
                Ok(Self { $($field),* })
            }
        }
    };
}

macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $column:literal) => {
        $column
    };
}

macro_rules! field {
    (describe $columns:ident, $row:ty, $field:ident, $name:expr) => {
        $crate::sql::columns::describe(|row: &$row| &row.$field, $name, $columns)
    };
    (describe $columns:ident, $row:ty, $field:ident, $name:expr, json) => {
        $columns.push($crate::sql::columns::Column { name: $name, ty: $crate::sql::value::Type::Text })
    };
    (put $values:ident, $field:ident) => {
        $crate::sql::columns::Columns::spread($field, $values)
    };
    (put $values:ident, $field:ident, json) => {
        $values.push($crate::sql::value::put_document($field))
    };
    (take $cells:ident) => {
        $crate::sql::columns::Columns::gather($cells)?
    };
    (take $cells:ident, json) => {
        $cells.next_with($crate::sql::value::take_document)?
    };
}

pub(crate) use {columns, field, name};

/// Describes the column of a field; `_of` only names its type.
pub(crate) fn describe<R, C: Columns>(
    _of: impl Fn(&R) -> &C,
    field: &'static str,
    columns: &mut Vec<Column>,
) {
    C::describe(field, columns);
}

/// An enum some of whose variants hold one text: a column with the variant's name and one with the text.
pub(crate) trait Tagged: Serialize + DeserializeOwned {
    const TAG: &'static str;
    const CONTENT: &'static str;
}

pub(crate) fn describe_tagged<T: Tagged>(columns: &mut Vec<Column>) {
    columns.push(Column { name: T::TAG, ty: Type::Text });
    columns.push(Column { name: T::CONTENT, ty: Type::Text });
}

pub(crate) fn put_tagged<T: Tagged>(value: Option<&T>, values: &mut Vec<Value>) {
    use serde_json::Value as Json;
    let (tag, content) = match value.map(serde_json::to_value) {
        None => (None, None),
        Some(Ok(Json::String(tag))) => (Some(tag), None),
        Some(Ok(Json::Object(one))) => match one.into_iter().next() {
            Some((tag, Json::String(content))) => (Some(tag), Some(content)),
            other => unreachable!("a variant holds one text at most, not {other:?}"),
        },
        Some(other) => unreachable!("a variant is spelled as its name, not {other:?}"),
    };
    tag.spread(values);
    content.spread(values);
}

pub(crate) fn take_tagged<T: Tagged>(cells: &mut Cells<'_>) -> Result<Option<T>, Abort> {
    use serde_json::Value as Json;
    let tag: Option<String> = Columns::gather(cells)?;
    let content: Option<String> = Columns::gather(cells)?;
    let spelled = match (tag, content) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(cells.corrupt(&format!("is filled while {} is empty", T::TAG))),
        (Some(tag), None) => Json::String(tag),
        (Some(tag), Some(content)) => Json::Object([(tag, Json::String(content))].into_iter().collect()),
    };
    let wrong = |why| cells.corrupt(&format!("does not go with {}: {why}", T::TAG));
    serde_json::from_value(spelled).map(Some).map_err(wrong)
}

/// A [`Tagged`] enum that is always there, and one that may be absent.
macro_rules! tagged {
    ($name:ty, $tag:literal, $content:literal) => {
        impl $crate::sql::columns::Tagged for $name {
            const TAG: &'static str = $tag;
            const CONTENT: &'static str = $content;
        }

        impl $crate::sql::columns::Columns for Option<$name> {
            fn describe(_: &'static str, columns: &mut Vec<$crate::sql::columns::Column>) {
                $crate::sql::columns::describe_tagged::<$name>(columns);
            }

            fn spread(&self, values: &mut Vec<$crate::sql::value::Value>) {
                $crate::sql::columns::put_tagged(self.as_ref(), values);
            }

            fn gather(
                cells: &mut $crate::sql::columns::Cells<'_>,
            ) -> Result<Self, steadfast_operations::seam::Abort> {
                $crate::sql::columns::take_tagged(cells)
            }
        }

        impl $crate::sql::columns::Columns for $name {
            fn describe(_: &'static str, columns: &mut Vec<$crate::sql::columns::Column>) {
                $crate::sql::columns::describe_tagged::<$name>(columns);
            }

            fn spread(&self, values: &mut Vec<$crate::sql::value::Value>) {
                $crate::sql::columns::put_tagged(Some(self), values);
            }

            fn gather(
                cells: &mut $crate::sql::columns::Cells<'_>,
            ) -> Result<Self, steadfast_operations::seam::Abort> {
                let taken = $crate::sql::columns::take_tagged(cells)?;
                taken.ok_or_else(|| cells.corrupt(concat!("and ", $tag, " are empty")))
            }
        }
    };
}

pub(crate) use tagged;
