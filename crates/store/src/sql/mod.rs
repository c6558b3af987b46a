//! What SQLite and PostgreSQL share: the schema, the columns of each table, and the statements.

pub(crate) mod batch;
pub(crate) mod columns;
pub(crate) mod layout;
pub(crate) mod query;
mod rows;
pub(crate) mod schema;
pub(crate) mod value;
