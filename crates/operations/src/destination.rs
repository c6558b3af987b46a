//! The destination of a move: the one that was asked for, what it comes to, and what follows if it fails.

use steadfast_model::action::Outcome;
use steadfast_model::claim::{Claim, Said};
use steadfast_model::host::Host;
use steadfast_model::ids::HostId;
use steadfast_model::instance::Fault;
use steadfast_model::migration::{Migration, MigrationStatus};

use crate::advance::{Next, Situation};
use crate::refused::Refused;
use crate::release::leave;
use crate::seam::{Halt, Seen, Tx, get};

/// The HTTP status that Nova gives the fault of a move that failed.
const MOVE_FAILED_CODE: u16 = 500;

/// Checks that a destination that was asked for exists and is another host.
pub(crate) fn check(tx: &mut Tx<'_>, source: &HostId, named: Option<&HostId>) -> Result<(), Halt> {
    let Some(named) = named else { return Ok(()) };
    if named == source {
        let sentence = format!("The target host can't be the same as the current host {named}.");
        return Err(Refused::Invalid(sentence).into());
    }
    let known = tx.read(get::<Host>(named))?.is_some_and(|host| !host.removed);
    if known { Ok(()) } else { Err(Refused::not_found("Compute host", named).into()) }
}

/// How far the instance has come to its destination.
#[derive(Debug)]
pub(crate) enum Arrival {
    OnItsWay,
    /// It is there as it is wanted, its agent has said so in this life of the host, and the host lives (B9).
    There,
    /// It will not be there, for this reason.
    Lost(String),
}

pub(crate) fn arrival(now: &Situation, dest: &Claim) -> Arrival {
    let host = now.host(dest);
    if host.is_fenced() {
        return Arrival::Lost(format!("Host {} died before the instance was there.", host.id));
    }
    let there = match &dest.said {
        Said::Running => now.instance.power.is_on(),
        Said::Off => !now.instance.power.is_on(),
        Said::None => false,
        Said::Failed(reason) => {
            return Arrival::Lost(format!("Host {} could not build it: {reason}", host.id));
        }
    };
    if there && host.lives() { Arrival::There } else { Arrival::OnItsWay }
}

/// The move failed: its destination must go, if there is one, and the instance stays where it was.
pub(crate) fn give_up(
    tx: &mut Tx<'_>,
    now: &Situation,
    dest: Option<&Seen<Claim>>,
    why: &str,
) -> Result<Next, Halt> {
    let at = tx.now();
    let migration = now.migration();
    if let Some(dest) = dest {
        leave(tx, dest)?;
    }
    if let Some(failed) = migration.becoming(MigrationStatus::Error, at) {
        tx.update(migration, Migration { reason: Some(why.to_owned()), ..failed });
    }
    let fault = Fault { code: MOVE_FAILED_CODE, message: why.to_owned(), at };
    tx.update(&now.instance, now.instance.rolling_back(migration, fault));
    now.close_action(tx, Outcome::Error(why.to_owned()));
    Ok(Next::Again)
}
