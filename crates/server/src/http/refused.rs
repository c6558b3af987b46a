//! How an operation's refusal becomes an HTTP one.

use steadfast_operations::seam::Abort;
use steadfast_operations::{Refused, TxError};

use crate::http::refusal::Refusal;

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        match refused {
            Refused::NotFound(sentence) => Refusal::not_found(sentence),
            Refused::Invalid(sentence) => Refusal::bad_request(sentence),
            Refused::Conflict(sentence) | Refused::Stale(sentence) | Refused::Removed(sentence) => {
                Refusal::conflict(sentence)
            }
        }
    }
}

impl From<TxError> for Refusal {
    fn from(error: TxError) -> Refusal {
        match error {
            TxError::Refused(refused) => refused.into(),
            TxError::Store(abort) => unstored(&abort),
        }
    }
}

/// The store's troubles are the operator's to read; the client learns whether to try again.
fn unstored(abort: &Abort) -> Refusal {
    tracing::error!(error = %abort, "the store did not go on");
    match abort {
        Abort::Conflict | Abort::Unavailable(_) => Refusal::unavailable(
            "the store could not go on with this request; nothing was changed, try again",
        ),
        Abort::Corrupt(_) => {
            Refusal::internal("the store holds something that this release cannot read; nothing was changed")
        }
    }
}
