//! The cause of what happens on no request from outside.

use steadfast_model::cause::Cause;
use steadfast_model::ids::UserId;

use super::clock;

/// Who a process says it is when it acts by itself.
const OWN_NAME: &str = "steadfast";

/// This process itself, with a request id of its own, so that its steps can be told from others'.
pub fn own_cause() -> Cause {
    cause_of(OWN_NAME.parse().expect("it is a name"))
}

/// Somebody who runs a command on this machine, under a request id of its own.
pub fn cause_of(actor: UserId) -> Cause {
    let word = "it is a name";
    Cause {
        request: format!("req-{}", clock::id()).parse().expect(word),
        actor,
        project: OWN_NAME.parse().expect(word),
    }
}
