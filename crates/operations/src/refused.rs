//! Why an operation said no: to whom it matters, what was refused, and what would make it work.

use serde::{Deserialize, Serialize};
use steadfast_model::host::HostRefused;
use steadfast_model::instance::InstanceRefused;

/// The kinds that some caller acts differently on. The sentence inside is for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "message", rename_all = "snake_case")]
pub enum Refused {
    /// There is no such thing, or not for this caller.
    #[error("{0}")]
    NotFound(String),
    /// The request makes no sense as it stands.
    #[error("{0}")]
    Invalid(String),
    /// It makes sense, but not in the present state.
    #[error("{0}")]
    Conflict(String),
    /// The message is from a life of a host that is over: its agent registers again.
    #[error("{0}")]
    Stale(String),
    /// The host was removed: nothing its agent does will help.
    #[error("{0}")]
    Removed(String),
}

impl Refused {
    /// `what` with this id does not exist.
    #[must_use]
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Refused {
        Refused::NotFound(format!("{what} {id} could not be found."))
    }
}

impl From<HostRefused> for Refused {
    fn from(refused: HostRefused) -> Refused {
        let sentence = refused.to_string();
        match refused {
            HostRefused::Removed(_) => Refused::Removed(sentence),
            HostRefused::StaleEpoch { .. } | HostRefused::Unregistered(_) => Refused::Stale(sentence),
            HostRefused::FenceOvertaken(_) | HostRefused::NotFenced(_) | HostRefused::NotRemoved(_) => {
                Refused::Conflict(sentence)
            }
        }
    }
}

impl From<InstanceRefused> for Refused {
    fn from(refused: InstanceRefused) -> Refused {
        match refused {
            InstanceRefused::WrongState { .. } => Refused::Conflict(refused.to_string()),
        }
    }
}
