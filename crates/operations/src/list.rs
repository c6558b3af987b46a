//! Tells an agent what should be true of every claim on its host, and which devices it is to sanitise.

use std::pin::pin;

use futures_util::future::select;
use steadfast_model::cause::Cause;
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::ids::HostId;
use steadfast_model::message::{AskList, Entry, GuestSpec, List, Sanitize};
use steadfast_model::pci::Device;

use crate::refused::Refused;
use crate::seam::{Control, Halt, Message, Seen, Step, Tx, TxError, claims_on, get, to_sanitize};

/// How long an agent's question may stay open. Longer saves requests; shorter notices a dead connection sooner.
const LONG_POLL_MS: u64 = 20_000;

impl Message for AskList {
    type Answer = List;
    const NAME: Step = "list";

    fn host(&self) -> &HostId {
        &self.host
    }

    /// The whole list, once it differs from the one that the agent has, or after a while all the same.
    async fn handle<C: Control>(self, env: &C, cause: &Cause) -> Result<List, TxError> {
        if let Some(since) = self.since {
            let changed = pin!(env.changed("list.wait", &self.host, since));
            let timeout = pin!(env.timer("list.timeout", LONG_POLL_MS));
            select(changed, timeout).await;
        }
        env.tx("list", cause, move |tx| list(tx, &self)).await
    }
}

/// Reads the list and remembers that its claims were told of, in one transaction: a claim that an agent may have
/// been shown never ends at once (A1).
fn list(tx: &mut Tx<'_>, ask: &AskList) -> Result<List, Halt> {
    let here = (get::<Host>(&ask.host), claims_on(&ask.host), to_sanitize(&ask.host));
    let (host, claims, dirty) = tx.read(here)?;
    let host =
        host.ok_or_else(|| Refused::Stale(format!("Host {} is not known: register first.", ask.host)))?;
    host.admits(ask.epoch)?;
    for claim in claims.iter().filter(|claim| !claim.told) {
        tx.update(claim, Claim { told: true, ..claim.row.as_ref().clone() });
    }
    let entries = claims.iter().map(entry).collect();
    let to_sanitize = dirty.iter().filter_map(sanitize).collect();
    Ok(List { epoch: host.epoch, list_gen: host.list_gen, entries, to_sanitize })
}

fn entry(claim: &Seen<Claim>) -> Entry {
    Entry {
        order: claim.order,
        attempt: claim.attempt,
        wanted: claim.wanted(),
        guest: GuestSpec::new(claim.id, claim.instance, claim.amounts, claim.devices.clone()),
    }
}

fn sanitize(device: &Seen<Device>) -> Option<Sanitize> {
    device.to_sanitize().map(|dirt| Sanitize { device: device.seen.address, dirt })
}
