//! What can go wrong on a connection, by what has to be done about it.

use std::error::Error as _;

use steadfast_operations::seam::{Abort, CommitError};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another transaction was faster. Nothing of this one counts.
    Conflict,
    /// The connection is lost. What the server had not been told to commit is not committed.
    Line(String),
    /// The server is there and said no.
    Refused(String),
}

impl Trouble {
    pub fn of(error: &Error) -> Trouble {
        let Some(code) = error.code() else { return Trouble::Line(sentence(error)) };
        let conflicts = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ];
        // The server ends the connection, or has none to give at the moment.
        let ends = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::TOO_MANY_CONNECTIONS,
        ];
        if conflicts.contains(code) {
            Trouble::Conflict
        } else if ends.contains(code) || code.code().starts_with("08") {
            Trouble::Line(sentence(error))
        } else {
            Trouble::Refused(sentence(error))
        }
    }

    /// Nothing was stored. A transaction whose connection was lost on the way is run again; one that could not even
    /// begin has to be given up.
    pub fn aborts(self, beginning: bool) -> Abort {
        match self {
            Trouble::Conflict => Abort::Conflict,
            Trouble::Line(_) if !beginning => Abort::Conflict,
            Trouble::Line(why) | Trouble::Refused(why) => Abort::Unavailable(why),
        }
    }

    /// COMMIT had not been sent.
    pub fn before_commit(self, beginning: bool) -> CommitError {
        match self {
            Trouble::Conflict => CommitError::Conflict,
            Trouble::Line(_) if !beginning => CommitError::Conflict,
            Trouble::Line(why) | Trouble::Refused(why) => CommitError::Unavailable(why),
        }
    }

    /// COMMIT had been sent.
    pub fn at_commit(self) -> CommitError {
        match self {
            Trouble::Conflict => CommitError::Conflict,
            Trouble::Line(why) => CommitError::Lost(why),
            Trouble::Refused(why) => CommitError::Unavailable(why),
        }
    }

    pub fn sentence(self) -> String {
        match self {
            Trouble::Conflict => "other processes kept the database busy".to_owned(),
            Trouble::Line(why) | Trouble::Refused(why) => why,
        }
    }
}

/// The server's own words, or the whole chain of what happened on the way to it.
fn sentence(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("the database server says: {} ({})", said.message(), said.code().code());
    }
    let mut text = format!("the database server cannot be reached: {error}");
    let mut cause = error.source();
    while let Some(why) = cause {
        // Some errors repeat their cause.
        let why_text = why.to_string();
        if !text.ends_with(&why_text) {
            text.push_str(": ");
            text.push_str(&why_text);
        }
        cause = why.source();
    }
    text
}
