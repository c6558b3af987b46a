//! What must be true of the simulated world: the invariants of the model, and what rest means.

use std::sync::Arc;

use steadfast_model::action::Action;
use steadfast_model::agent::{Cleaning, cleaning};
use steadfast_model::claim::{Claim, Role, Said};
use steadfast_model::host::Host;
use steadfast_model::hypervisor::Harm;
use steadfast_model::instance::{Instance, Operation, VmState};
use steadfast_model::invariant::{Snapshot, guests, history, rows};
use steadfast_model::ledger::{Entry, Event};
use steadfast_model::message::{Entry as ListEntry, GuestSpec, List, Sanitize};
use steadfast_model::migration::Migration;
use steadfast_model::pci::{Device, DeviceRequest};
use steadfast_operations::seam::{Record, Row};

use crate::second_report;
use crate::site::Site;

fn rows<R: Row<Of = Record>>(site: &Site) -> impl Iterator<Item = &Arc<R>> {
    site.store.rows_of(R::TABLE).filter_map(|row| R::of_record(&row.record))
}

/// Every row of a kind.
pub(crate) fn every<R: Row<Of = Record>>(site: &Site) -> Vec<Arc<R>> {
    rows(site).cloned().collect()
}

pub(crate) fn snapshot(site: &Site) -> Snapshot {
    Snapshot {
        hosts: every::<Host>(site),
        devices: every::<Device>(site),
        claims: every::<Claim>(site),
        instances: every::<Instance>(site),
        migrations: every::<Migration>(site),
    }
}

/// After every step: the invariants over rows and over guests.
pub(crate) fn always(site: &Site) -> Result<(), String> {
    let snapshot = snapshot(site);
    let observed =
        site.machines.iter().map(|(host, machine)| (host.clone(), machine.seen_guests())).collect();
    let mut found = rows::check(&snapshot);
    found.extend(guests::check(&snapshot, &observed));
    match found.first() {
        Some(first) => Err(format!("{:?}: {}", first.invariant, first.message)),
        None => unharmed(site)
            .and_then(|()| copies(site, &snapshot))
            .and_then(|()| whole(&snapshot))
            .and_then(|()| answers_hold(site, &snapshot))
            .and_then(|()| ledger_tells(site, &snapshot)),
    }
}

/// No guest met what another left in its device, nor lost what it had there: see [`Harm`].
fn unharmed(site: &Site) -> Result<(), String> {
    for (host, machine) in &site.machines {
        let harmed =
            machine.guests.values().flat_map(|guest| guest.harmed.iter().map(move |harm| (guest, harm)));
        if let Some((guest, harm)) = harmed.into_iter().next() {
            let claim = guest.spec.claim;
            return Err(match harm {
                Harm::Remains { device, of } => {
                    format!(
                        "Remains: on {host} the guest of claim {claim} finds in {device} what claim {of} left"
                    )
                }
                Harm::Wiped { device } => {
                    format!("Wiped: on {host} {device} was sanitised under the guest of claim {claim}")
                }
            });
        }
    }
    Ok(())
}

/// Once devices or homes changed hands, the ledger tells so. It is read again only then: what it told before was looked
/// at then.
fn ledger_tells(site: &Site, snapshot: &Snapshot) -> Result<(), String> {
    let version = site.store.version();
    if site.store.newest_line().is_none_or(|line| line.version != version) {
        return Ok(());
    }
    if let Some(first) = history::check(site.store.ledger().map(|line| &line.entry), snapshot).first() {
        return Err(format!("{:?}: {}", first.invariant, first.message));
    }
    let just = site.store.ledger().filter(|line| line.version == version);
    just.map(|line| &line.entry).try_for_each(|entry| given_to_the_living(snapshot, entry))
}

/// B9, and what a claim asks of its host: who was just given an instance lives, so does who has one of which a copy was
/// just let go of for good, and who was just chosen for one takes new ones. The step that gave it has read the host's row, so this follows from what it met, and not from how that
/// came.
fn given_to_the_living(snapshot: &Snapshot, just: &Entry) -> Result<(), String> {
    let host = snapshot.hosts.iter().find(|host| host.id == just.host).expect("claims belong");
    let chosen = just.event == Event::Claimed;
    let comes_home = just.event == Event::RoleChanged && just.role == Some(Role::Home);
    if (chosen || comes_home) && !host.lives() {
        return Err(format!("B9: an instance was given to {}, which does not live", host.id));
    }
    let lets_go = just.event == Event::RoleChanged && just.role == Some(Role::Leaving);
    let of = snapshot.instances.iter().find(|row| lets_go && Some(row.id) == just.instance);
    let settled = of.filter(|row| row.operation.is_none() && !row.is_deleted());
    let home = settled.and_then(|row| snapshot.hosts.iter().find(|host| Some(&host.id) == row.host.as_ref()));
    if let Some(home) = home.filter(|home| !home.lives()) {
        return Err(format!(
            "B9: a copy was let go of, and the home of its instance, {}, does not live",
            home.id
        ));
    }
    if chosen && (host.quarantined || host.disabled.is_some()) {
        return Err(format!("B9: {} was chosen for an instance, and takes none", host.id));
    }
    Ok(())
}

/// What a claim's row says of its guest is so: a quiet one does not run, and one said to run does.
fn answers_hold(site: &Site, snapshot: &Snapshot) -> Result<(), String> {
    for claim in &snapshot.claims {
        let guest = site.machines[&claim.host].guests.get(&claim.id);
        if claim.is_quiet() && guest.is_some_and(|guest| guest.running) {
            return Err(format!(
                "Quiet: the guest of a quiet {} claim runs on {}",
                claim.role.name(),
                claim.host
            ));
        }
        let host = host_of(snapshot, claim);
        if claim.said == Said::Running && speaks(site, host) && !guest.is_some_and(|guest| guest.running) {
            return Err(format!("Answers: {} said that a guest runs, and it does not", claim.host));
        }
    }
    Ok(())
}

/// S10: an instance that was launched has a copy somewhere, under one of its claims.
fn copies(site: &Site, snapshot: &Snapshot) -> Result<(), String> {
    for instance in snapshot.instances.iter().filter(|i| i.launched_at.is_some() && !i.is_deleted()) {
        let mut claims = snapshot.claims.iter().filter(|claim| claim.instance == instance.id);
        let copied = claims.any(|claim| site.machines[&claim.host].guests.contains_key(&claim.id));
        if !copied {
            return Err(format!("S10LastCopy: no copy of instance {} is left", instance.id));
        }
    }
    Ok(())
}

/// A claim has as many devices as its instance asks for, from its first moment to its last: no host gives a part. What
/// is not a home may be of the size that a resize left, or goes to.
fn whole(snapshot: &Snapshot) -> Result<(), String> {
    for claim in &snapshot.claims {
        let instance = snapshot.instances.iter().find(|instance| instance.id == claim.instance);
        let wanted = instance.map_or(0, |instance| count(&instance.devices));
        let moves = snapshot.migrations.iter().filter(|row| row.instance == claim.instance);
        let sizes = moves.filter_map(|row| row.resize.as_ref()).flat_map(|row| [&row.before, &row.after]);
        let other = claim.role != Role::Home
            && sizes.into_iter().any(|size| count(&size.devices) == claim.devices.len());
        if claim.devices.len() != wanted && !other {
            let (id, has) = (claim.instance, &claim.devices);
            return Err(format!("Whole: instance {id} asks for {wanted} devices, and a claim has {has:?}"));
        }
    }
    Ok(())
}

/// How many devices are asked for.
fn count(requests: &[DeviceRequest]) -> usize {
    requests.iter().map(|request| request.count as usize).sum()
}

/// When nothing is left to happen: the ledger tells how it came about.
pub(crate) fn ledger_tells_all(site: &Site) -> Result<(), String> {
    let ledger = site.store.ledger().map(|line| &line.entry);
    match history::check(ledger, &snapshot(site)).first() {
        Some(first) => Err(format!("{:?}: {}", first.invariant, first.message)),
        None => Ok(()),
    }
}

/// When nothing is left to happen: everything that lives has converged. It depends on the state alone, not on how it
/// came about.
pub(crate) fn converged(site: &Site) -> Result<(), String> {
    let snapshot = snapshot(site);
    snapshot.instances.iter().try_for_each(|instance| instance_rests(site, &snapshot, instance))?;
    snapshot.claims.iter().try_for_each(|claim| claim_rests(site, &snapshot, claim))?;
    snapshot.devices.iter().try_for_each(|device| device_rests(site, &snapshot, device))?;
    snapshot.hosts.iter().try_for_each(|host| returned(site, host))
}

/// One more report of every agent that is heard changes nothing. That depends on the state alone as well.
pub(crate) fn stays(site: &Site) -> Result<(), String> {
    let snapshot = snapshot(site);
    let hosts = snapshot.hosts.iter().map(Arc::as_ref);
    let reporting: Vec<&Host> = hosts.filter(|host| answers(site, host)).collect();
    second_report::changes_nothing(site, &reporting)
}

fn instance_rests(site: &Site, snapshot: &Snapshot, instance: &Instance) -> Result<(), String> {
    let claims = snapshot.claims.iter().map(Arc::as_ref);
    let claims: Vec<&Claim> = claims.filter(|claim| claim.instance == instance.id).collect();
    if let Some(operation) = instance.operation {
        let waits = claims.iter().any(|claim| awaits(operation, claim) && undecided(site, snapshot, claim));
        return if waits {
            Ok(())
        } else {
            Err(format!("L1: instance {} rests in {operation:?}", instance.id))
        };
    }
    if any::<Action>(site, |action| action.instance == instance.id && action.ended.is_none()) {
        return Err(format!("L1: instance {} does nothing, and an action on it goes on", instance.id));
    }
    let home = claims.iter().find(|claim| claim.role == Role::Home);
    if let Some(home) = home.filter(|home| home.run != instance.power.is_on()) {
        let may = if home.run { "may" } else { "may not" };
        return Err(format!("Q2: instance {} is wanted {:?} and {may} run", instance.id, instance.power));
    }
    let home = match (instance.vm_state, home) {
        (VmState::Error | VmState::Deleted, _) => return Ok(()),
        (VmState::Building | VmState::Active | VmState::Stopped | VmState::Resized, home) => {
            home.ok_or_else(|| format!("Q2: instance {} has no home", instance.id))?
        }
    };
    let powered = match instance.vm_state {
        // One that could not be stopped is stopped once its agent has done it.
        VmState::Active => instance.power.is_on() || !is_heard(site, snapshot, home),
        VmState::Stopped => !instance.power.is_on(),
        VmState::Resized => true,
        VmState::Building | VmState::Error | VmState::Deleted => false,
    };
    if !powered {
        let (state, power) = (instance.vm_state.name(), instance.power);
        return Err(format!("Q2: instance {} is {state}, and wanted {power:?}", instance.id));
    }
    Ok(())
}

/// Whether the operation can wait for what the host of this claim says.
fn awaits(operation: Operation, claim: &Claim) -> bool {
    match operation {
        Operation::Boot | Operation::Stop | Operation::Start => claim.role == Role::Home,
        Operation::Evacuate(_) => claim.role == Role::Incoming,
        Operation::Migrate(_) => {
            claim.role == Role::Incoming || (claim.role == Role::Home && !claim.is_quiet())
        }
        Operation::Revert(_) => claim.role == Role::Held || (claim.role == Role::Home && !claim.is_quiet()),
        Operation::RollBack(_) => claim.is_leaving() && !claim.is_quiet(),
    }
}

/// Whether the claim's host neither speaks nor is proven down: only an operator can decide what waits for it.
fn undecided(site: &Site, snapshot: &Snapshot, claim: &Claim) -> bool {
    !is_heard(site, snapshot, claim) && !host_of(snapshot, claim).is_fenced()
}

fn is_heard(site: &Site, snapshot: &Snapshot, claim: &Claim) -> bool {
    answers(site, host_of(snapshot, claim))
}

fn host_of<'a>(snapshot: &'a Snapshot, claim: &Claim) -> &'a Host {
    snapshot.hosts.iter().find(|host| host.id == claim.host).expect("checked after every step")
}

/// L3: whoever runs an agent is heard of: its life is registered, or the host was removed. The quarantine of a host
/// without guests ends.
fn returned(site: &Site, host: &Host) -> Result<(), String> {
    if !site.awake.contains(&host.id) || host.removed {
        return Ok(());
    }
    if speaks(site, host) {
        let machine = &site.machines[&host.id];
        let kept = host.quarantined && machine.foreign.is_empty() && machine.guests.is_empty();
        return if kept { Err(format!("L3: the quarantine of {} never ends", host.id)) } else { Ok(()) };
    }
    Err(format!("L3: the agent of {} runs, and its life is not registered", host.id))
}

/// Whether the host's newest life is the one that its agent lives.
fn speaks(site: &Site, host: &Host) -> bool {
    host.lives() && site.machines.get(&host.id).is_some_and(|machine| Some(machine.boot_id) == host.boot_id)
}

/// Whether the host's newest life is lived by an agent that runs.
fn answers(site: &Site, host: &Host) -> bool {
    site.awake.contains(&host.id) && speaks(site, host)
}

fn claim_rests(site: &Site, snapshot: &Snapshot, claim: &Claim) -> Result<(), String> {
    if !is_heard(site, snapshot, claim) {
        return Ok(());
    }
    let guest = site.machines[&claim.host].guests.get(&claim.id);
    let right = match claim.role {
        Role::Leaving => false,
        Role::Incoming | Role::Home | Role::Held => guest.is_some_and(|guest| guest.running) == claim.run,
    };
    if right && claim.said == Said::Off && !claim.run && !claim.is_quiet() {
        return Err(format!("L3: a guest on living {} is off, and not known to be quiet", claim.host));
    }
    if right {
        return Ok(());
    }
    let seen = guest.map_or("is not there", |guest| if guest.running { "runs" } else { "is off" });
    Err(format!("L3: on living {} the guest of a {} claim {seen}", claim.host, claim.role.name()))
}

/// L5: on a host that is heard a dirty device is sanitised, or it is said why it cannot be.
fn device_rests(site: &Site, snapshot: &Snapshot, device: &Device) -> Result<(), String> {
    let host = snapshot.hosts.iter().find(|host| host.id == device.host).expect("devices belong");
    let Some(dirt) = device.to_sanitize().filter(|_| answers(site, host)) else { return Ok(()) };
    let claims = snapshot.claims.iter().filter(|claim| claim.host == host.id);
    let entries = claims.map(|claim| ListEntry {
        order: claim.order,
        attempt: claim.attempt,
        wanted: claim.wanted(),
        guest: GuestSpec::new(claim.id, claim.instance, claim.amounts, claim.devices.clone()),
    });
    let (epoch, list_gen, to_sanitize) = (host.epoch, host.list_gen, Vec::new());
    let list = List { epoch, list_gen, entries: entries.collect(), to_sanitize };
    let asked = Sanitize { device: device.seen.address, dirt };
    match cleaning(&asked, &list, &site.machines[&host.id].observe()) {
        Cleaning::Stuck(_) if device.stuck.is_some() => Ok(()),
        Cleaning::Stuck(why) => {
            Err(format!("L5: on {} {} is not sanitised, and {why}", host.id, asked.device))
        }
        Cleaning::By(_) => Err(format!("L5: on living {} {} stays dirty", host.id, asked.device)),
        Cleaning::Absent => Err(format!("L5: on {} {} is dirty, and not there", host.id, asked.device)),
    }
}

/// Whether a row of any kind is there: what scenarios ask of the world.
pub(crate) fn any<R: Row<Of = Record>>(site: &Site, holds: impl Fn(&R) -> bool) -> bool {
    rows(site).any(|row: &Arc<R>| holds(row))
}

/// Nothing beyond what must always be true.
pub(crate) fn nothing_more(_: &Site) -> Result<(), String> {
    Ok(())
}

/// Every instance is deleted. That nothing of it is left on a living host is asked of every race.
pub(crate) fn deleted(site: &Site) -> Result<(), String> {
    if any::<Instance>(site, |instance| !instance.is_deleted()) {
        return Err("L4: a deleted instance is not deleted".to_owned());
    }
    Ok(())
}
