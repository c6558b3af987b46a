//! How a command ends. The numbers are a promise to scripts.

use std::process::ExitCode;

use steadfast_store::OpenError;

use crate::config::ConfigError;
use crate::say::say_aside;

/// What a shell says of a command that SIGPIPE ended: 128 + 13.
const UNREAD_CODE: u8 = 141;

/// A command did what it was asked, and this is what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: all is well.
    Clean,
    /// 3: something that should be impossible was found.
    Violations,
}

/// A command could not do what it was asked. The sentence is for whoever asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// 1: it could not be done.
    #[error("{0}")]
    Failed(String),
    /// 2: the command line, or a file that it names, asks for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// 141: whoever read standard output has gone. There is nobody to tell.
    #[error("nobody reads what this command says")]
    Unread,
}

impl Failure {
    /// It could not be done, and this is why.
    pub fn because(why: impl std::fmt::Display) -> Failure {
        Failure::Failed(why.to_string())
    }

    /// Says what was being done when `why` came in the way.
    pub fn cannot<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl Fn(E) -> Failure {
        move |why| Failure::Failed(format!("cannot {what}: {why}"))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::Usage(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        match error {
            OpenError::Url | OpenError::Ephemeral => Failure::Usage(error.to_string()),
            error => Failure::because(error),
        }
    }
}

/// The number of an end, after what is left to say was said.
pub fn code(ended: Result<Exit, Failure>) -> ExitCode {
    match ended {
        Ok(Exit::Clean) => ExitCode::SUCCESS,
        Ok(Exit::Violations) => ExitCode::from(3),
        Err(Failure::Unread) => ExitCode::from(UNREAD_CODE),
        Err(failure @ Failure::Failed(_)) => told(&failure, 1),
        Err(failure @ Failure::Usage(_)) => told(&failure, 2),
    }
}

fn told(failure: &Failure, code: u8) -> ExitCode {
    say_aside(format_args!("steadfast: {failure}"));
    ExitCode::from(code)
}
