//! The one rule of which device may be granted (rule 1).

use std::collections::BTreeSet;

use super::{Address, Device};

/// What on a host is in use, as far as it forbids granting something beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// The host may still run guests of a former time: nothing of it is granted.
    quarantined: bool,
    /// Functions that a claim or an unknown guest holds, or that are dirty.
    held: BTreeSet<Address>,
    /// Physical functions of which a virtual one is held or dirty.
    split: BTreeSet<Address>,
}

impl InUse {
    /// What is in use among `devices`: all those of one host, absent ones too.
    #[must_use]
    pub fn on_host(devices: &[Device], quarantined: bool) -> Self {
        let held = || devices.iter().filter(|device| device.is_held()).map(|device| &device.seen);
        InUse {
            quarantined,
            held: held().map(|seen| seen.address).collect(),
            split: held().filter_map(|seen| seen.parent).collect(),
        }
    }

    /// Whether a virtual function of `pf` is held or dirty.
    pub(super) fn splits(&self, pf: Address) -> bool {
        self.split.contains(&pf)
    }
}

impl Device {
    /// Whether the device may be granted: it is unowned, present, clean, no unknown guest holds it, its host is not
    /// quarantined, and the same is true of its physical function and its virtual functions.
    ///
    /// A relative in the hands of an unknown guest counts like an owned one: that guest may be what is left
    /// of an earlier grant. So does a dirty one: sanitising a function stops all that share its hardware.
    #[must_use]
    pub fn grantable(&self, in_use: &InUse) -> bool {
        let relative_held =
            in_use.splits(self.seen.address) || self.seen.parent.is_some_and(|pf| in_use.held.contains(&pf));
        self.present && !self.is_held() && !relative_held && !in_use.quarantined
    }

    fn is_held(&self) -> bool {
        self.owner.is_some() || self.foreign || self.dirt.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::sample::{dirty, foreign, gone, owned, pci, pf, vf};

    #[test]
    fn one_rule_says_what_may_be_granted() {
        let free = || pci("3b:00.0");
        let family = |pf, first, second| vec![pf, first, second];
        let (pf, one, two) = (|| pf("3b:00.0"), || vf("3b:02.0", "3b:00.0"), || vf("3b:02.1", "3b:00.0"));
        // devices, quarantined, which may be granted
        let table = [
            (vec![free()], false, vec![true]),
            (vec![free()], true, vec![false]),
            (vec![owned(free())], false, vec![false]),
            (vec![gone(free())], false, vec![false]),
            (vec![foreign(free())], false, vec![false]),
            (vec![dirty(free())], false, vec![false]),
            (family(pf(), one(), two()), false, vec![true, true, true]),
            (family(owned(pf()), one(), two()), false, vec![false, false, false]),
            (family(pf(), owned(one()), two()), false, vec![false, false, true]),
            (family(pf(), foreign(one()), two()), false, vec![false, false, true]),
            (family(foreign(pf()), one(), two()), false, vec![false, false, false]),
            (family(pf(), dirty(one()), two()), false, vec![false, false, true]),
            (family(dirty(pf()), one(), two()), false, vec![false, false, false]),
            // What vanished while it was owned is still in use.
            (family(pf(), gone(owned(one())), two()), false, vec![false, false, true]),
            (family(gone(owned(pf())), one(), two()), false, vec![false, false, false]),
            // What is merely absent says nothing about its relatives.
            (family(gone(pf()), one(), gone(two())), false, vec![false, true, false]),
        ];
        for (devices, quarantined, want) in table {
            let in_use = InUse::on_host(&devices, quarantined);
            let got: Vec<bool> = devices.iter().map(|device| device.grantable(&in_use)).collect();
            assert_eq!(got, want, "{devices:?} quarantined: {quarantined}");
        }
    }
}
