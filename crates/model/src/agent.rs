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

/// What can be said of the guest now; none while nothing is sure. `open` is whether an order of the agent's own
/// for it has not ended: then neither `off` nor `gone` is true yet (A3). `failed` is the last act's failure.
#[must_use]
pub fn statement(
    entry: &Entry,
    seen: Option<&SeenGuest>,
    open: bool,
    failed: Option<&str>,
) -> Option<Statement> {
    let settled = !open;
    let answer = match (entry.wanted, seen.map(|guest| guest.running)) {
        (Wanted::Run, Some(true)) => Some(Answer::Running),
        (Wanted::BuildOff, Some(false)) | (Wanted::Off, None | Some(false)) if settled => Some(Answer::Off),
        (Wanted::Gone, None) if settled => Some(Answer::Gone),
        (Wanted::Run, None | Some(false)) | (Wanted::BuildOff | Wanted::Off | Wanted::Gone, _) => None,
    };
    let failure = || failed.filter(|_| settled).map(|reason| Answer::Failed(reason.to_owned()));
    let answer = answer.or_else(failure)?;
    Some(Statement { claim: entry.guest.claim, order: entry.order, answer })
}
