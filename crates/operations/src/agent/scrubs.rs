//! What one life of an agent knows of the devices that it is to sanitise.

use std::collections::{BTreeMap, BTreeSet};

use steadfast_model::agent::{Cleaning, cleaning};
use steadfast_model::hypervisor::{ActError, Seen};
use steadfast_model::ids::SanitizerName;
use steadfast_model::message::{Cleaned, List, Sanitize, Sanitized};
use steadfast_model::pci::{Address, Dirt, family};

/// What became of an order to sanitise a device.
#[derive(Debug, Hash)]
enum Scrub {
    /// It has not ended: no guest is built on any of `family`, which share the device's hardware. It is spoilt if
    /// somebody had one of them meanwhile.
    Open { family: BTreeSet<Address>, spoilt: bool },
    /// It ended well in this life, and nobody was seen to have the device since: it is said until it is heard, and not
    /// given again, which could take hours.
    Done(SanitizerName),
    /// It is given again after the next tick.
    Failed(String),
}

/// The newest order for each device, and what was heard of it.
#[derive(Debug, Default, Hash)]
pub(super) struct Scrubs {
    given: BTreeMap<Address, (Dirt, Scrub)>,
    /// The answers that the control plane has heard.
    heard: BTreeMap<Address, Sanitized>,
}

impl Scrubs {
    /// Whether one of these devices is being sanitised, or something that shares its hardware.
    pub fn hold(&self, devices: &[Address]) -> bool {
        self.given.values().any(|(_, scrub)| match scrub {
            Scrub::Open { family, .. } => devices.iter().any(|at| family.contains(at)),
            Scrub::Done(_) | Scrub::Failed(_) => false,
        })
    }

    /// The orders to give now. What was tried for this very dirt waits for the next tick, and what shares hardware with
    /// something that is open, until that has ended. What somebody was seen to have is as dirty as before.
    pub fn due(&mut self, list: &List, seen: &Seen) -> Vec<(Sanitize, SanitizerName)> {
        let mut due = Vec::new();
        for asked in &list.to_sanitize {
            let device = asked.device;
            let Cleaning::By(name) = cleaning(asked, list, seen) else {
                self.spoil(device);
                continue;
            };
            let tried = self.given.get(&device).is_some_and(|(dirt, _)| *dirt == asked.dirt);
            if !tried && !self.hold(&[device]) {
                let open = Scrub::Open { family: family(&seen.devices, device), spoilt: false };
                self.given.insert(device, (asked.dirt, open));
                due.push((*asked, name));
            }
        }
        due
    }

    /// Somebody has the device, or it is not there.
    fn spoil(&mut self, device: Address) {
        match self.given.get_mut(&device) {
            Some((_, Scrub::Open { spoilt, .. })) => *spoilt = true,
            Some((_, Scrub::Done(_))) => drop(self.given.remove(&device)),
            Some((_, Scrub::Failed(_))) | None => {}
        }
    }

    /// An order has ended. One that was spoilt counts for nothing: it is due again.
    pub fn ended(&mut self, asked: Sanitize, by: SanitizerName, outcome: Result<(), ActError>) {
        if let Some((_, Scrub::Open { spoilt: true, .. })) = self.given.get(&asked.device) {
            self.given.remove(&asked.device);
            return;
        }
        let scrub = match outcome {
            Ok(()) => Scrub::Done(by),
            Err(why) => Scrub::Failed(why.to_string()),
        };
        self.given.insert(asked.device, (asked.dirt, scrub));
    }

    /// What failed is tried again from now on, and all is said again.
    pub fn tick(&mut self) {
        self.given.retain(|_, (_, scrub)| !matches!(scrub, Scrub::Failed(_)));
        self.heard.clear();
    }

    /// What is not asked for any more was granted, or is gone: the same dirt never comes back.
    pub fn forget_others(&mut self, list: &List) {
        let asked: BTreeSet<(Address, Dirt)> =
            list.to_sanitize.iter().map(|asked| (asked.device, asked.dirt)).collect();
        self.given.retain(|device, (dirt, scrub)| {
            matches!(scrub, Scrub::Open { .. }) || asked.contains(&(*device, *dirt))
        });
        self.heard.retain(|device, answer| asked.contains(&(*device, answer.dirt)));
    }

    /// What is to be said that was not heard yet. Nothing is said of what goes on.
    pub fn answers(&self, list: &List, seen: &Seen) -> Vec<Sanitized> {
        let outcome = |asked: &Sanitize| match self.given.get(&asked.device) {
            Some((dirt, scrub)) if *dirt == asked.dirt => match scrub {
                Scrub::Open { .. } => None,
                Scrub::Done(by) => Some(Cleaned::By(by.clone())),
                Scrub::Failed(why) => Some(Cleaned::Failed(why.clone())),
            },
            Some(_) | None => match cleaning(asked, list, seen) {
                Cleaning::Stuck(why) => Some(Cleaned::Failed(why)),
                Cleaning::By(_) | Cleaning::Absent => None,
            },
        };
        let answer = |asked: &Sanitize| {
            let Sanitize { device, dirt } = *asked;
            Some(Sanitized { device, dirt, outcome: outcome(asked)? })
        };
        let all = list.to_sanitize.iter().filter_map(answer);
        all.filter(|answer| self.heard.get(&answer.device) != Some(answer)).collect()
    }

    /// These answers were heard.
    pub fn heard(&mut self, answers: Vec<Sanitized>) {
        self.heard.extend(answers.into_iter().map(|answer| (answer.device, answer)));
    }
}
