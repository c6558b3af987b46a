//! Ends a move that failed: its source may run again once nothing else of the instance can be running (B7).

use steadfast_model::claim::Role;
use steadfast_model::instance::Instance;

use crate::advance::{Next, Situation};
use crate::seam::{Halt, Tx};
use crate::stop;

/// The next step of a roll-back. It waits for a destination that is neither gone nor fenced: only its agent, or
/// whoever fences its host, can say that it is quiet.
pub(crate) fn step(tx: &mut Tx<'_>, now: &Situation) -> Result<Next, Halt> {
    let noisy = now.claims.iter().any(|claim| claim.is_leaving() && !claim.is_quiet());
    if noisy {
        return Ok(Next::Wait);
    }
    tx.called("roll_back.end");
    let mut over = Instance { operation: None, updated_at: tx.now(), ..now.instance.row.as_ref().clone() };
    if let Some(home) = now.claim(Role::Home) {
        let back = home.becoming(Role::Home, now.instance.power.is_on(), now.host(home).registered);
        // A stop that had failed came true while the move went on, and nobody says so again.
        over = stop::stopped_late(&over, &back, tx.now()).unwrap_or(over);
        tx.update(home, back);
    }
    tx.update(&now.instance, over);
    Ok(Next::Again)
}
