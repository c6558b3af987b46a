//! A second report changes nothing: once all is at rest, every agent looks and reports once more.

use steadfast_explore::{Handle, rehearse};
use steadfast_model::agent::{Cleaning, cleaning, statement};
use steadfast_model::host::Host;
use steadfast_model::hypervisor::Seen;
use steadfast_model::message::{AskList, Census, Cleaned, Report, Sanitize, Sanitized, UnknownGuest};
use steadfast_operations::seam::{Key, Message, Record, Row, Stored};

use crate::mutant::Mutant;
use crate::scene::cause;
use crate::site::Site;
use crate::world::{CONTROL, Controller};

/// The longest round of reports.
const STEPS_MAX: usize = 200;

/// The act of the reports: later than any that a race has.
const ACT: u32 = 1_000;

/// Lets the agents of these hosts report once more, in order, and compares every row.
///
/// # Errors
/// Which row changed.
pub(crate) fn changes_nothing(site: &Site, hosts: &[&Host]) -> Result<(), String> {
    let mut calm = site.clone();
    calm.faults.clear();
    let reported = rehearse(calm, STEPS_MAX, |handle| {
        for host in hosts {
            let seen = site.machines[&host.id].observe();
            handle.spawn(
                CONTROL,
                "second report",
                one_round(handle.clone(), site.mutant, (*host).clone(), seen),
            );
        }
    });
    let after = reported.map_err(|run| format!("Q6: a second report does not end: {run}"))?;
    let rows =
        |site: &Site| site.store.rows().map(|(key, row)| (key.clone(), row.clone())).collect::<Vec<_>>();
    let (before, after) = (rows(site), rows(&after));
    let differs = before.iter().zip(&after).find(|(old, new)| !same(old, new));
    match differs {
        Some(((key, _), _)) => Err(format!("Q6: a second report changes {key}")),
        None if before.len() != after.len() => Err("Q6: a second report adds or removes a row".to_owned()),
        None => Ok(()),
    }
}

/// Whether nothing of the row changed but when its host was last heard of.
fn same((old_key, old): &(Key, Stored), (new_key, new): &(Key, Stored)) -> bool {
    let heard = |record: &Record| {
        Host::of_record(record).map(|row| Host {
            last_seen: Default::default(),
            inventory_seq: Default::default(),
            report_seq: Default::default(),
            ..row.as_ref().clone()
        })
    };
    let alike = || heard(&old.record).is_some_and(|row| Some(row) == heard(&new.record));
    old_key == new_key && (old.record == new.record || alike())
}

fn controller(site: Handle<Site>, mutant: Option<Mutant>) -> Controller {
    Controller { site, act: ACT, by: "report", mutant, possible: Default::default() }
}

/// One round of an agent that lives the host's present life, without an order.
pub(crate) async fn one_round(handle: Handle<Site>, mutant: Option<Mutant>, host: Host, seen: Seen) {
    let (env, cause) = (controller(handle, mutant), cause("agent"));
    let (id, epoch) = (host.id.clone(), host.epoch);
    let Ok(list) = AskList { host: id.clone(), epoch, since: None }.handle(&env, &cause).await else {
        return;
    };
    let guest = |claim| seen.guests.iter().find(|guest| guest.claim == Some(claim));
    let answers = list.entries.iter();
    let statements =
        answers.filter_map(|entry| statement(entry, guest(entry.guest.claim), false, None)).collect();
    let named = |claim| list.entries.iter().any(|entry| Some(entry.guest.claim) == claim);
    let unknown = seen.guests.iter().filter(|guest| !named(guest.claim)).map(|guest| UnknownGuest {
        tag: guest.tag.clone(),
        running: guest.running,
        devices: guest.devices.clone(),
    });
    let census = Census {
        seq: host.inventory_seq.next(),
        machine: seen.machine.clone(),
        stocks: seen.stocks.clone(),
        devices: seen.devices.clone(),
        unknown_guests: unknown.collect(),
    };
    let stuck = |asked: &Sanitize| match cleaning(asked, &list, &seen) {
        Cleaning::Stuck(why) => {
            let outcome = Cleaned::Failed(why);
            Some(Sanitized { device: asked.device, dirt: asked.dirt, outcome })
        }
        Cleaning::By(_) | Cleaning::Absent => None,
    };
    let sanitized = list.to_sanitize.iter().filter_map(stuck).collect();
    let (seq, list_gen) = (host.report_seq.next(), list.list_gen);
    let (unheard, census) = (false, Some(census));
    let report = Report { host: id, epoch, seq, unheard, list_gen, statements, sanitized, census };
    // A report that is refused changes nothing.
    let _ = report.handle(&env, &cause).await;
}
