//! Over pairs of runs: what one can come to, beside what another can. Only who knows all that can come of a beginning
//! can ask, which is the explorer.

use std::collections::BTreeSet;

use super::Snapshot;
use crate::claim::Role;
use crate::host::Host;
use crate::ids::HostId;
use crate::instance::{Instance, Power, VmState};
use crate::pci::Address;

/// What a run came to, whatever things were called on the way, when it was, and how often something was tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outcome {
    instances: Vec<InstanceOutcome>,
    hosts: Vec<HostOutcome>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct InstanceOutcome {
    vm_state: VmState,
    power: Power,
    /// An operation on it is not over.
    waits: bool,
    /// What each is for, where, whether its guest may run, and its devices.
    claims: Vec<(Role, HostId, bool, Vec<Address>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct HostOutcome {
    host: HostId,
    fenced: bool,
    disabled: bool,
    removed: bool,
}

impl Outcome {
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Outcome {
        let instance = |instance: &Instance| {
            let own = snapshot.claims.iter().filter(|claim| claim.instance == instance.id);
            let mut claims: Vec<_> =
                own.map(|claim| (claim.role, claim.host.clone(), claim.run, claim.devices.clone())).collect();
            claims.sort();
            let (vm_state, power, waits) = (instance.vm_state, instance.power, instance.operation.is_some());
            InstanceOutcome { vm_state, power, waits, claims }
        };
        let mut instances: Vec<_> = snapshot.instances.iter().map(|row| instance(row)).collect();
        instances.sort();
        let host = |host: &Host| HostOutcome {
            host: host.id.clone(),
            fenced: host.is_fenced(),
            disabled: host.disabled.is_some(),
            removed: host.removed,
        };
        let mut hosts: Vec<_> = snapshot.hosts.iter().map(|row| host(row)).collect();
        hosts.sort();
        Outcome { instances, hosts }
    }
}

/// S14: reports change nothing that anybody was granted. With one more report, runs can come to what they can come to
/// without it, and to nothing else.
///
/// # Errors
/// What only one of the two can come to.
pub fn neutral(with: &BTreeSet<Outcome>, without: &BTreeSet<Outcome>) -> Result<(), String> {
    match with.symmetric_difference(without).next() {
        Some(outcome) if with.contains(outcome) => Err(format!("S14: only with a report: {outcome:?}")),
        Some(outcome) => Err(format!("S14: only without a report: {outcome:?}")),
        None => Ok(()),
    }
}

/// S13: the same message twice equals once, and one that was handled unheard equals one that was heard.
///
/// # Errors
/// What runs can come to only if something goes wrong with a message.
pub fn once(disturbed: &BTreeSet<Outcome>, calm: &BTreeSet<Outcome>) -> Result<(), String> {
    beyond(disturbed, calm)
        .map_or(Ok(()), |outcome| Err(format!("S13: only if a message fails: {outcome:?}")))
}

/// S17: after a crash, what was asked for is done as a whole or not at all. `calm` is what can come of any part of what
/// was asked for, without a crash.
///
/// # Errors
/// What only a crash can lead to.
pub fn recovers(crashed: &BTreeSet<Outcome>, calm: &BTreeSet<Outcome>) -> Result<(), String> {
    beyond(crashed, calm).map_or(Ok(()), |outcome| Err(format!("S17: only after a crash: {outcome:?}")))
}

fn beyond<'a>(came: &'a BTreeSet<Outcome>, may: &'a BTreeSet<Outcome>) -> Option<&'a Outcome> {
    came.difference(may).next()
}
