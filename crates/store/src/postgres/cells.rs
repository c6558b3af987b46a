//! What goes to PostgreSQL and comes from it.

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type as PgType, to_sql_checked};

use crate::sql::columns::Answer;
use crate::sql::value::{Cell, Type, Value};

/// One argument of a statement: a value, or a column of many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arg {
    One(Value),
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

type Failure = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Arg {
    fn to_sql(&self, ty: &PgType, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Arg::One(Value::Null) => Ok(IsNull::Yes),
            Arg::One(Value::Integer(number)) => number.to_sql(ty, out),
            Arg::One(Value::Text(text)) => text.to_sql(ty, out),
            Arg::Integers(numbers) => numbers.to_sql(ty, out),
            Arg::Texts(texts) => texts.to_sql(ty, out),
        }
    }

    fn accepts(ty: &PgType) -> bool {
        [PgType::INT8, PgType::TEXT, PgType::INT8_ARRAY, PgType::TEXT_ARRAY].contains(ty)
    }

    to_sql_checked!();
}

/// Rows as columns, of these types.
pub(super) fn columns(types: &[Type], rows: Vec<Vec<Value>>) -> Vec<Arg> {
    let empty = |ty: &Type| match ty {
        Type::Integer => Arg::Integers(Vec::with_capacity(rows.len())),
        Type::Text => Arg::Texts(Vec::with_capacity(rows.len())),
    };
    let mut columns: Vec<Arg> = types.iter().map(empty).collect();
    for (value, column) in rows.into_iter().flat_map(|row| row.into_iter().zip(0..)) {
        match (&mut columns[column], value) {
            (Arg::Integers(numbers), Value::Integer(number)) => numbers.push(Some(number)),
            (Arg::Integers(numbers), Value::Null) => numbers.push(None),
            (Arg::Texts(texts), Value::Text(text)) => texts.push(Some(text)),
            (Arg::Texts(texts), Value::Null) => texts.push(None),
            (column, value) => {
                unreachable!("a field is put as the type it was described as: {column:?} {value:?}")
            }
        }
    }
    columns
}

impl Answer for Row {
    fn cell(&self, index: usize) -> Result<Cell<'_>, String> {
        let ty = self.columns().get(index).map(|column| column.type_().clone());
        let cell = match ty {
            Some(PgType::INT8) => self.try_get::<_, Option<i64>>(index).map(|cell| cell.map(Cell::Integer)),
            Some(PgType::TEXT) => self.try_get::<_, Option<&str>>(index).map(|cell| cell.map(Cell::Text)),
            Some(other) => return Err(format!("is of type {other}, neither text nor bigint")),
            None => return Err("is missing".to_owned()),
        };
        cell.map(|cell| cell.unwrap_or(Cell::Null)).map_err(|why| why.to_string())
    }
}
