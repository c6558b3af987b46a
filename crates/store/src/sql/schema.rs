//! The numbered steps of the schema, and which of them a database still needs.

/// One step: what both databases run, and what each of them runs after it.
#[derive(Debug)]
pub(crate) struct Step {
    pub both: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// The steps, oldest first. A step that has been released is never changed: another one is added.
const STEPS: [Step; 4] = [
    Step {
        both: include_str!("schema/0001_first.sql"),
        sqlite: "",
        postgres: include_str!("schema/0001_first.postgres.sql"),
    },
    Step { both: include_str!("schema/0002_before.sql"), sqlite: "", postgres: "" },
    Step {
        both: include_str!("schema/0003_dirt.sql"),
        sqlite: include_str!("schema/0003_dirt.sqlite.sql"),
        postgres: include_str!("schema/0003_dirt.postgres.sql"),
    },
    Step { both: include_str!("schema/0004_resize.sql"), sqlite: "", postgres: "" },
];

/// The table with one row: how many steps the database has been through.
pub(crate) const TABLE: &str = "schema_step";

/// Why a database is not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    #[error(
        "the database is at schema step {found} and this program knows {known}: open it with the newer program \
         that wrote it"
    )]
    Newer { found: i64, known: usize },
    #[error("the database says that it is at schema step {0}, which never was: restore it from a backup")]
    Unknown(i64),
    #[error("the database has other tables and none of ours: give Steadfast a database of its own")]
    Foreign,
    #[error(
        "the database is at an older schema step: start the control plane on it once, which brings it up to date"
    )]
    Older,
    #[error("the database is empty: no control plane has been started on it")]
    Empty,
}

/// The steps that a database at step `found` still needs. None found means an empty database.
pub(crate) fn missing(found: Option<i64>) -> Result<&'static [Step], SchemaError> {
    let Some(found) = found else { return Ok(&STEPS) };
    match usize::try_from(found) {
        Ok(done @ 1..) if done <= STEPS.len() => Ok(&STEPS[done..]),
        Ok(1..) => Err(SchemaError::Newer { found, known: STEPS.len() }),
        Ok(_) | Err(_) => Err(SchemaError::Unknown(found)),
    }
}

/// Whether a database at step `found` can be read without changing it.
pub(crate) fn readable(found: Option<i64>) -> Result<(), SchemaError> {
    match (found, missing(found)?) {
        (None, _) => Err(SchemaError::Empty),
        (Some(_), []) => Ok(()),
        (Some(_), _) => Err(SchemaError::Older),
    }
}

/// Says that a database has been through all steps.
pub(crate) fn stamp() -> String {
    format!("DELETE FROM {TABLE}; INSERT INTO {TABLE} (step) VALUES ({});", STEPS.len())
}
