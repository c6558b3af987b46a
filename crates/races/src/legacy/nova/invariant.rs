//! What must be true of Nova's rows and guests, each by the short name that the catalogue of races gives it.

use std::collections::BTreeSet;
use std::fmt;

use super::Nova;
use super::name::{Consumer, InstanceId, Slot};
use super::row::{
    Action, Allocation, Device, Extra, Guest, Instance, Lock, Memory, Migration, NodeRecord, Provider, Ring,
    Service, Status, Storage, Vm,
};

/// An invariant by its short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// No device is used by two.
    Dev1,
    /// No guest runs with a device that is not its own, or without one that it asked for.
    Dev2,
    /// Nothing is kept for what is not there.
    Dev3,
    /// A guest is where its instance is, and its devices are too.
    Host,
    /// What is counted is what is used.
    Use,
    /// Placement holds what the instances have, and nothing else.
    Alloc,
    /// One instance runs once.
    One,
    /// The last copy of an instance is never destroyed.
    Data,
    /// What was begun ends, and well if it could.
    Live,
}

impl Invariant {
    pub const ALL: [Invariant; 9] = [
        Invariant::Dev1,
        Invariant::Dev2,
        Invariant::Dev3,
        Invariant::Host,
        Invariant::Use,
        Invariant::Alloc,
        Invariant::One,
        Invariant::Data,
        Invariant::Live,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Invariant::Dev1 => "DEV1",
            Invariant::Dev2 => "DEV2",
            Invariant::Dev3 => "DEV3",
            Invariant::Host => "HOST",
            Invariant::Use => "USE",
            Invariant::Alloc => "ALLOC",
            Invariant::One => "ONE",
            Invariant::Data => "DATA",
            Invariant::Live => "LIVE",
        }
    }

    /// Whether it must hold after every step. The others say what must have come of things once nothing is left to
    /// happen: half-way through an operation they are untrue by intent.
    fn holds_always(self) -> bool {
        match self {
            Invariant::Dev1 | Invariant::Dev2 | Invariant::One => true,
            Invariant::Dev3
            | Invariant::Host
            | Invariant::Use
            | Invariant::Alloc
            | Invariant::Data
            | Invariant::Live => false,
        }
    }

    fn broken(self, nova: &Nova) -> Option<String> {
        match self {
            Invariant::Dev1 => used_twice(nova),
            Invariant::Dev2 => not_its_own(nova),
            Invariant::Dev3 => leaked(nova),
            Invariant::Host => elsewhere(nova),
            Invariant::Use => miscounted(nova),
            Invariant::Alloc => misallocated(nova),
            Invariant::One => runs_twice(nova),
            Invariant::Data => no_copy(nova),
            Invariant::Live => unfinished(nova),
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Asks the invariants that must hold after every step.
///
/// # Errors
/// What is wrong, after the name of the invariant.
pub fn always(nova: &Nova, judges: &[Invariant]) -> Result<(), String> {
    judge(nova, judges.iter().filter(|judge| judge.holds_always()))
}

/// Asks the invariants that must hold when nothing is left to happen.
///
/// # Errors
/// What is wrong, after the name of the invariant.
pub fn at_rest(nova: &Nova, judges: &[Invariant]) -> Result<(), String> {
    judge(nova, judges.iter().filter(|judge| !judge.holds_always()))
}

fn judge<'a>(nova: &Nova, mut judges: impl Iterator<Item = &'a Invariant>) -> Result<(), String> {
    let broken = judges.find_map(|judge| judge.broken(nova).map(|message| format!("{judge}: {message}")));
    broken.map_or(Ok(()), Err)
}

/// The guests that run: of which instance, on which host is in what they use.
fn running(nova: &Nova) -> impl Iterator<Item = (InstanceId, &Guest)> {
    nova.rows::<Guest>().filter(|(_, guest)| guest.running).map(|((_, id), guest)| (id, guest))
}

fn used_twice(nova: &Nova) -> Option<String> {
    running(nova).find_map(|(id, guest)| {
        let mut others = running(nova).filter(|(other, _)| *other != id);
        let (other, shared) =
            others.find_map(|(other, its)| Some((other, guest.uses.intersection(&its.uses).next()?)))?;
        Some(format!("{shared} is used by the guests of {id} and {other}"))
    })
}

fn not_its_own(nova: &Nova) -> Option<String> {
    running(nova).find_map(|(id, guest)| {
        let foreign = guest.uses.iter().find_map(|slot| match nova.row::<Device>(*slot)?.owner {
            Some(owner) if owner == id => None,
            owner => Some((slot, owner)),
        });
        if let Some((slot, owner)) = foreign {
            let says = owner.map_or_else(|| "free".to_owned(), |owner| format!("it is of {owner}"));
            return Some(format!("{slot} is used by the guest of {id} and the table says {says}"));
        }
        let asked = nova.row::<Instance>(id).filter(|row| row.lives()).map_or(0, |row| row.needs);
        (guest.uses.len() < asked)
            .then(|| format!("the guest of {id} runs without a device that it asked for"))
    })
}

fn leaked(nova: &Nova) -> Option<String> {
    let kept = nova.rows::<Device>().filter_map(|(slot, device)| Some((slot, device.owner?)));
    let leaked = kept.filter(|(slot, owner)| !is_kept_rightly(nova, *slot, *owner));
    let guests =
        nova.rows::<Guest>().filter(|((_, id), _)| nova.row::<Instance>(*id).is_some_and(|row| !row.lives()));
    let told = leaked.map(|(slot, owner)| format!("{slot} is kept for {owner}, which has no use for it"));
    told.chain(guests.map(|((host, id), _)| format!("a guest of deleted {id} is left on {host}"))).next()
}

/// Whether a device is where its owner is, where it moves, or on a host that has yet to come back and clean up.
fn is_kept_rightly(nova: &Nova, slot: Slot, owner: InstanceId) -> bool {
    let host = slot.host();
    let Some(instance) = nova.row::<Instance>(owner).filter(|row| row.lives()) else { return false };
    let moves =
        nova.rows::<Migration>().filter(|(_, row)| row.instance == owner && row.status.is_unfinished());
    let moving = moves.into_iter().any(|(_, row)| row.source == host || row.dest == Some(host));
    let down = nova.row::<Service>(host).is_some_and(|service| !service.up);
    instance.host == Some(host) || moving || down
}

fn elsewhere(nova: &Nova) -> Option<String> {
    nova.rows::<Guest>().filter(|(_, guest)| guest.running).find_map(|((host, id), guest)| {
        if let Some(slot) = guest.uses.iter().find(|slot| slot.host() != host) {
            return Some(format!("the guest of {id} on {host} was given {slot}"));
        }
        let home = nova.row::<Instance>(id).filter(|row| row.lives())?.host?;
        (home != host).then(|| format!("the guest of {id} runs on {host} and the table says {home}"))
    })
}

fn miscounted(nova: &Nova) -> Option<String> {
    let pinned =
        |id: &InstanceId| nova.row::<Extra>(*id).map_or_else(BTreeSet::new, |extra| extra.pins.clone());
    let placed = nova.rows::<Instance>().filter(|(_, row)| row.lives() && row.host.is_some());
    let used: BTreeSet<Slot> = placed.flat_map(|(id, _)| pinned(&id)).collect();
    let is_counted = |slot: &Slot| nova.rows::<Memory>().any(|(_, memory)| memory.held.contains_key(slot));
    let missed = used.iter().find(|slot| !is_counted(slot));
    let held = nova.rows::<Memory>().flat_map(|(_, memory)| memory.held.keys());
    let mut surplus = held.filter(|slot| matches!(slot, Slot::Processor(..)) && !used.contains(slot));
    missed
        .map(|slot| format!("{slot} is used and not counted"))
        .or_else(|| surplus.next().map(|slot| format!("{slot} is counted and not used")))
}

/// A world without resource providers has no Placement.
fn misallocated(nova: &Nova) -> Option<String> {
    for (node, entry) in nova.rows::<Ring>() {
        let known = nova.row::<NodeRecord>(node).is_some_and(|record| record.host == entry.host);
        if !known || nova.row::<Provider>(node).is_none() {
            return Some(format!(
                "the driver of {} reports {node}, which has no record or provider",
                entry.host
            ));
        }
    }
    nova.rows::<Provider>().next()?;
    let lives = |consumer: &Consumer| match consumer {
        Consumer::Instance(id) => nova.row::<Instance>(*id).is_some_and(|row| row.lives()),
        Consumer::Migration(id) => nova.row::<Migration>(*id).is_some_and(|row| row.status.is_unfinished()),
    };
    if let Some(orphan) =
        nova.rows::<Allocation>().map(|(consumer, _)| consumer).find(|consumer| !lives(consumer))
    {
        return Some(format!("{orphan} holds an allocation and does not exist"));
    }
    let placed = nova.rows::<Instance>().filter(|(_, row)| row.lives());
    placed.filter_map(|(id, row)| Some((id, row.host?))).find_map(|(id, host)| {
        let allocation = nova.row::<Allocation>(Consumer::Instance(id));
        let covered = allocation.is_some_and(|allocation| allocation.on.contains(&host.node()));
        (!covered).then(|| format!("{id} is on {host} and holds no allocation there"))
    })
}

fn runs_twice(nova: &Nova) -> Option<String> {
    let mut seen = BTreeSet::new();
    running(nova).find(|(id, _)| !seen.insert(*id)).map(|(id, _)| format!("{id} runs on two hosts"))
}

fn no_copy(nova: &Nova) -> Option<String> {
    let made = nova.rows::<Instance>().filter(|(_, row)| matches!(row.vm, Vm::Active | Vm::Error));
    let mut local = made.filter(|(_, row)| row.storage == Storage::Local);
    let lost = local.find(|(id, _)| !nova.rows::<Guest>().any(|((_, guest), _)| guest == *id));
    lost.map(|(id, _)| format!("no copy of {id} is left on any host"))
}

fn unfinished(nova: &Nova) -> Option<String> {
    let room = || nova.rows::<Device>().find(|(_, device)| device.owner.is_none()).map(|(slot, _)| slot);
    let ended = nova.rows::<Action>().find_map(|(action, outcome)| match outcome {
        Action::Done | Action::Refused => None,
        Action::Open => Some(format!("{action} never ended")),
        Action::NoRoom => room().map(|slot| format!("{action} found no room, and {slot} is free")),
        Action::Failed(why) => Some(format!("{action} failed: {why}")),
    });
    let endless = nova
        .rows::<Migration>()
        .find(|(_, row)| matches!(row.status, Status::Accepted | Status::PreMigrating));
    let arrived = |instance: &InstanceId| nova.row::<Instance>(*instance).and_then(|row| row.host);
    let mut wronged = nova.rows::<Migration>().filter(|(_, row)| {
        row.status == Status::Error && row.dest.is_some() && arrived(&row.instance) == row.dest
    });
    ended
        .or_else(|| endless.map(|(id, _)| format!("migration {id} never ended")))
        .or_else(|| {
            wronged.next().map(|(id, row)| format!("migration {id} moved {} and is in error", row.instance))
        })
        .or_else(|| {
            nova.rows::<Lock>().next().map(|(process, _)| format!("the lock of {process} is never released"))
        })
}

#[cfg(test)]
mod tests {
    use super::super::name::{ActionId, Host, Process};
    use super::super::row::Task;
    use super::*;

    const HERE: Host = Host("here");
    const THERE: Host = Host("there");
    const ONE: InstanceId = InstanceId("i1");
    const TWO: InstanceId = InstanceId("i2");
    const SLOT: Slot = Slot::Device(HERE, 0);

    /// An instance that runs with its device, and its host.
    fn whole() -> Nova {
        Nova::default()
            .with_guest(ONE, Instance::active(HERE, 1), HERE, true)
            .with(HERE, Service { up: true })
            .with(HERE.node(), Provider)
            .with(Consumer::Instance(ONE), Allocation { generation: 1, on: [HERE.node()].into() })
            .with(ActionId("the boot of i1"), Action::Done)
    }

    fn judged(nova: &Nova) -> Vec<String> {
        let broken = |judge: &Invariant| judge.broken(nova).map(|message| format!("{judge}: {message}"));
        Invariant::ALL.iter().filter_map(broken).collect()
    }

    /// Every invariant is broken by some world, and each of these worlds breaks nothing else.
    #[test]
    fn each_invariant_sees_what_it_is_for() {
        assert_eq!(judged(&whole()), Vec::<String>::new());
        let guest = |uses: &[Slot]| Guest { running: true, uses: uses.iter().copied().collect() };
        let shared = Slot::Processor(HERE, 0);
        let cases: &[(Nova, &str)] = &[
            (
                whole().with((HERE, ONE), guest(&[SLOT, shared])).with((HERE, TWO), guest(&[shared])),
                "DEV1: processor here/0 is used by the guests of i1 and i2",
            ),
            (
                whole().with((HERE, ONE), guest(&[])),
                "DEV2: the guest of i1 runs without a device that it asked for",
            ),
            (
                whole().with(Slot::Device(THERE, 0), Device { owner: Some(ONE) }),
                "DEV3: device there/0 is kept for i1, which has no use for it",
            ),
            (
                whole()
                    .with((HERE, ONE), Guest { running: false, uses: [SLOT].into() })
                    .with((THERE, TWO), guest(&[shared])),
                "HOST: the guest of i2 on there was given processor here/0",
            ),
            (
                whole()
                    .with(Process::Agent(HERE), Memory { held: [(shared, ONE)].into(), ..Memory::default() }),
                "USE: processor here/0 is counted and not used",
            ),
            (
                whole().with(Consumer::Instance(TWO), Allocation { generation: 1, on: [].into() }),
                "ALLOC: i2 holds an allocation and does not exist",
            ),
            (
                whole()
                    .with(TWO, Instance { task: Some(Task::Deleting), ..Instance::building(0) })
                    .with((HERE, TWO), guest(&[]))
                    .with((THERE, TWO), guest(&[])),
                "ONE: i2 runs on two hosts",
            ),
            (
                whole().with(TWO, Instance { host: None, ..Instance::active(HERE, 0) }),
                "DATA: no copy of i2 is left on any host",
            ),
            (whole().with(ActionId("the boot of i2"), Action::Open), "LIVE: the boot of i2 never ended"),
        ];
        for (nova, message) in cases {
            assert_eq!(judged(nova), [*message]);
        }
        let judges: BTreeSet<&str> = cases
            .iter()
            .map(|(_, message)| message.split(':').next().expect("a text has a first part"))
            .collect();
        assert_eq!(judges.len(), Invariant::ALL.len());
    }
}
