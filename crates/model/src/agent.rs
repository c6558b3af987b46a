//! What an agent does and says about one entry of its list: a function of what is wanted and what is seen.

use crate::claim::Wanted;
use crate::hypervisor::{Act, SeenGuest};
use crate::message::{Answer, Entry, Statement};

/// The act that brings the guest nearer to what is wanted; none when it is there.
#[must_use]
pub fn act_for(entry: &Entry, seen: Option<&SeenGuest>) -> Option<Act> {
    let claim = entry.guest.claim;
    let build = |run| Some(Act::Build { guest: entry.guest.clone(), run });
    match (entry.wanted, seen.map(|guest| guest.running)) {
        (Wanted::Run, None) => build(true),
        (Wanted::Run, Some(false)) => Some(Act::Start(claim)),
        (Wanted::BuildOff, None) => build(false),
        (Wanted::BuildOff | Wanted::Off, Some(true)) => Some(Act::Stop(claim)),
        (Wanted::Gone, Some(_)) => Some(Act::Destroy(claim)),
        (Wanted::Run, Some(true))
        | (Wanted::BuildOff, Some(false))
        | (Wanted::Off, None | Some(false))
        | (Wanted::Gone, None) => None,
    }
}

/// What can be said of the guest now; none while nothing is sure. `open` is whether an order of the agent's own for it
/// has not ended: then neither `off` nor `gone` is true yet (A3), and `running` may not last, for a start can still
/// fail. `failed` is why this very order failed.
#[must_use]
pub fn statement(
    entry: &Entry,
    seen: Option<&SeenGuest>,
    open: bool,
    failed: Option<&str>,
) -> Option<Statement> {
    if open {
        return None;
    }
    let answer = match (entry.wanted, seen.map(|guest| guest.running)) {
        (Wanted::Run, Some(true)) => Some(Answer::Running),
        (Wanted::BuildOff, Some(false)) | (Wanted::Off, None | Some(false)) => Some(Answer::Off),
        (Wanted::Gone, None) => Some(Answer::Gone),
        (Wanted::Run, None | Some(false))
        | (Wanted::BuildOff, None | Some(true))
        | (Wanted::Off, Some(true))
        | (Wanted::Gone, Some(_)) => failed.map(|reason| Answer::Failed(reason.to_owned())),
    };
    Some(Statement { claim: entry.guest.claim, order: entry.order, answer: answer? })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::{Attempt, ClaimId, InstanceId, Order};
    use crate::inventory::Amounts;
    use crate::message::GuestSpec;

    fn entry(wanted: Wanted) -> Entry {
        let (claim, instance) = (ClaimId(Uuid::from_u128(1)), InstanceId(Uuid::from_u128(2)));
        let guest = GuestSpec::new(claim, instance, Amounts::default(), Vec::new());
        Entry { order: Order(1), attempt: Attempt(1), wanted, guest }
    }

    fn guest(running: bool) -> SeenGuest {
        let claim = ClaimId(Uuid::from_u128(1));
        let tag = claim.into();
        SeenGuest { tag, claim: Some(claim), running, devices: Vec::new() }
    }

    #[test]
    fn nothing_is_said_while_an_order_is_open() {
        let lasting = [
            (Wanted::Run, Some(true), Answer::Running),
            (Wanted::BuildOff, Some(false), Answer::Off),
            (Wanted::Off, Some(false), Answer::Off),
            (Wanted::Off, None, Answer::Off),
            (Wanted::Gone, None, Answer::Gone),
        ];
        for (wanted, seen, answer) in lasting {
            let (entry, seen) = (entry(wanted), seen.map(guest));
            let said = |open| statement(&entry, seen.as_ref(), open, None).map(|said| said.answer);
            assert_eq!(said(false), Some(answer), "{wanted:?}");
            assert_eq!(said(true), None, "{wanted:?} with an open order");
            assert_eq!(act_for(&entry, seen.as_ref()), None, "{wanted:?}");
        }
    }
}
