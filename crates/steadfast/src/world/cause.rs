//! The cause of what happens on nobody's request.

use steadfast_model::cause::Cause;

use super::clock;

/// Who a process says it is when it acts by itself.
const OWN_NAME: &str = "steadfast";

/// This process itself, with a request id of its own, so that its steps can be told from others'.
pub fn own_cause() -> Cause {
    let word = "it is a name";
    Cause {
        request: format!("req-{}", clock::id()).parse().expect(word),
        actor: OWN_NAME.parse().expect(word),
        project: OWN_NAME.parse().expect(word),
    }
}
