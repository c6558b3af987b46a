//! Sanitising: what becomes of a device between two grants, where its `device_spec` names a sanitizer.
//!
//! ```text
//!             granted                  its claim ends: a guest may have used it
//!   clean ───────────────▶ granted ─────────────────────────────────────────────▶ dirty ◀─── shown for the first time,
//!     ▲                                                                             │        or back from other hands
//!     └───────────── a receipt: its agent sanitized it of this very dirt, ──────────┘
//!                    or a named person asserted that it is clean
//! ```
//!
//! It fails closed: what nobody has seen clean is dirty, and what is dirty is not granted, nor is any function that
//! shares its hardware. Nothing but a [`Receipt`] cleans it; neither the end of an order that may have failed nor the
//! passing of time does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Address, Device, Observed};
use crate::claim::{Proof, ProofBy};
use crate::ids::{ClaimId, Epoch, HostId, InventorySeq, SanitizerName};
use crate::message::{Cleaned, Sanitized};

/// Why a device is dirty. None comes twice on one device, so it is also the token that an agent's answer echoes: a late
/// answer to an earlier dirt cleans nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dirt {
    /// The guest of this claim may have used it.
    Used(ClaimId),
    /// Nobody knows in whose hands it was before this count of its host.
    Found(Sighting),
}

impl Dirt {
    /// The claim that left it.
    #[must_use]
    pub fn claim(&self) -> Option<ClaimId> {
        match self {
            Dirt::Used(claim) => Some(*claim),
            Dirt::Found(_) => None,
        }
    }

    /// What [`Dirt::from_str`] reads.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Dirt::Used(claim) => claim.to_string(),
            Dirt::Found(sighting) => sighting.to_string(),
        }
    }
}

/// Why a text names no dirt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a claim's id nor a count of the host, such as 3.1")]
pub struct DirtError(pub String);

/// As people name it: the claim that left it, or the count in which it was found.
impl FromStr for Dirt {
    type Err = DirtError;

    fn from_str(text: &str) -> Result<Self, DirtError> {
        let used = text.parse().map(Dirt::Used);
        used.or_else(|_| text.parse().map(Dirt::Found)).map_err(|_| DirtError(text.to_owned()))
    }
}

impl fmt::Display for Dirt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dirt::Used(claim) => write!(f, "used by claim {claim}"),
            Dirt::Found(sighting) => write!(f, "found in count {sighting}"),
        }
    }
}

/// One count of a host: the life that counted, and the number of its count. Written `epoch.seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sighting {
    pub epoch: Epoch,
    pub seq: InventorySeq,
}

/// Why a text is not a sighting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a count of a host; one is an epoch and a number, such as 3.1")]
pub struct SightingError(pub String);

impl fmt::Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Sighting {
    type Err = SightingError;

    fn from_str(text: &str) -> Result<Self, SightingError> {
        let parts =
            text.split_once('.').and_then(|(epoch, seq)| Some((epoch.parse().ok()?, seq.parse().ok()?)));
        let (epoch, seq) = parts.ok_or_else(|| SightingError(text.to_owned()))?;
        Ok(Sighting { epoch: Epoch(epoch), seq: InventorySeq(seq) })
    }
}

impl TryFrom<String> for Sighting {
    type Error = SightingError;

    fn try_from(text: String) -> Result<Self, SightingError> {
        text.parse()
    }
}

impl From<Sighting> for String {
    fn from(sighting: Sighting) -> String {
        sighting.to_string()
    }
}

/// The most characters that are kept of why a device could not be sanitised.
const STUCK_LEN_MAX: usize = 1024;

/// Evidence that a device is clean. Cleaning one takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    host: HostId,
    device: Address,
    by: ReceiptBy,
}

/// Whose word a receipt is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ReceiptBy {
    /// The agent's, whose sanitizer ended well.
    Sanitizer(SanitizerName),
    /// A person's, whom the commit names.
    Asserted,
}

impl Receipt {
    /// The agent's answer, if it speaks of the dirt that the device has now and the device is nobody's.
    #[must_use]
    pub fn of_agent(device: &Device, answer: &Sanitized) -> Option<Receipt> {
        match &answer.outcome {
            Cleaned::By(name) if device.answers(answer) => {
                Some(Receipt::by(device, ReceiptBy::Sanitizer(name.clone())))
            }
            Cleaned::By(_) | Cleaned::Failed(_) => None,
        }
    }

    fn by(device: &Device, by: ReceiptBy) -> Receipt {
        Receipt { host: device.host.clone(), device: device.seen.address, by }
    }

    /// A person's word for a device that is to be sanitised, if it is the dirt that they saw; whoever calls has checked
    /// that no unknown guest holds it.
    #[must_use]
    pub fn asserted(device: &Device, seen: Dirt) -> Option<Receipt> {
        device.to_sanitize().filter(|dirt| *dirt == seen).map(|_| Receipt::by(device, ReceiptBy::Asserted))
    }

    /// Whether it is of this device.
    #[must_use]
    pub fn is_of(&self, device: &Device) -> bool {
        self.host == device.host && self.device == device.seen.address
    }

    /// Whether it is a person's word, of which the device's agent does not know.
    #[must_use]
    pub fn is_asserted(&self) -> bool {
        self.by == ReceiptBy::Asserted
    }
}

/// How the ledger tells of it.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            ReceiptBy::Sanitizer(name) => write!(f, "sanitizer {name}"),
            ReceiptBy::Asserted => f.write_str("asserted"),
        }
    }
}

impl Device {
    /// A device that its host shows for the first time: nobody has seen it clean.
    #[must_use]
    pub fn found(host: HostId, seen: Observed, foreign: bool, at: Sighting) -> Device {
        let dirt = seen.sanitizer.as_ref().map(|_| Dirt::Found(at));
        Device { host, seen, owner: None, present: true, foreign, dirt, stuck: None }
    }

    /// The device as a later count shows it. It is dirty anew if it may be another than it was, because somebody
    /// unplugged it or put another card into its slot, or if its `device_spec` has begun to name a sanitizer only now;
    /// and dirty if an unknown guest has it. While a claim holds it, that counts for nothing, but it is remembered.
    #[must_use]
    pub fn shown(&self, seen: Observed, foreign: bool, at: Sighting) -> Device {
        let same_card = (self.seen.vendor, self.seen.product) == (seen.vendor, seen.product);
        let vouched_for = self.present && same_card && self.seen.sanitizer.is_some();
        let in_other_hands = foreign && self.dirt.is_none();
        let shown = Device { seen, present: true, foreign, ..self.clone() };
        if shown.seen.sanitizer.is_none() || (vouched_for && !in_other_hands) {
            return shown;
        }
        Device { dirt: Some(Dirt::Found(at)), stuck: None, ..shown }
    }

    /// The device without its owner, whose claim ends with `proof`. A claim that no agent was told of has not used it.
    #[must_use]
    pub fn released(&self, proof: &Proof) -> Device {
        let used = match proof.by() {
            ProofBy::Untold => None,
            ProofBy::Gone | ProofBy::HostRemoved => Some(Dirt::Used(proof.claim())),
        };
        let dirt = used.filter(|_| self.seen.sanitizer.is_some()).or(self.dirt);
        Device { owner: None, dirt, stuck: None, ..self.clone() }
    }

    /// What its host's agent is to sanitise it of: nothing while a claim holds it.
    #[must_use]
    pub fn to_sanitize(&self) -> Option<Dirt> {
        self.dirt.filter(|_| self.owner.is_none())
    }

    /// The device, clean. A receipt of it says so.
    ///
    /// # Panics
    /// When the receipt is of another device.
    #[must_use]
    pub fn sanitized(&self, receipt: &Receipt) -> Device {
        assert!(receipt.is_of(self), "a receipt cleans the device that it is of");
        Device { dirt: None, stuck: None, ..self.clone() }
    }

    /// A physical function of which a virtual one vanished with what the guest of a claim, or nobody knows who, left
    /// there: the hardware is the same.
    #[must_use]
    pub fn inherits(&self, dirt: Dirt) -> Device {
        let dirt = self.seen.sanitizer.as_ref().map(|_| dirt).or(self.dirt);
        Device { dirt, stuck: None, ..self.clone() }
    }

    /// The device of which its agent says why it cannot sanitise it; nothing if that answers something else.
    #[must_use]
    pub fn after_failure(&self, answer: &Sanitized) -> Option<Device> {
        match &answer.outcome {
            Cleaned::Failed(why) if self.answers(answer) => {
                let plain = |c: char| if c.is_control() { ' ' } else { c };
                let why = why.chars().map(plain).take(STUCK_LEN_MAX).collect();
                Some(Device { stuck: Some(why), ..self.clone() })
            }
            Cleaned::By(_) | Cleaned::Failed(_) => None,
        }
    }

    fn answers(&self, answer: &Sanitized) -> bool {
        answer.device == self.seen.address && self.to_sanitize() == Some(answer.dirt)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::claim::{Claim, Role, Said};
    use crate::ids::{Attempt, InstanceId, Moment, Order};
    use crate::inventory::Amounts;
    use crate::message::{Answer, Statement};
    use crate::pci::sample::{foreign, gone, owned, pci, sanitizable};

    const FIRST: Sighting = Sighting { epoch: Epoch(3), seq: InventorySeq(1) };
    const NEXT: Sighting = Sighting { epoch: Epoch(3), seq: InventorySeq(2) };

    fn clean() -> Device {
        sanitizable(pci("3b:00.0"))
    }

    fn dirty(dirt: Dirt) -> Device {
        Device { dirt: Some(dirt), ..clean() }
    }

    fn used() -> Dirt {
        Dirt::Used(ClaimId(Uuid::from_u128(7)))
    }

    #[test]
    fn what_nobody_saw_clean_is_dirty() {
        let found = |seen| Device::found("host1".parse().expect("a name"), seen, false, FIRST).dirt;
        assert_eq!(found(clean().seen), Some(Dirt::Found(FIRST)));
        assert_eq!(found(pci("3b:00.0").seen), None, "nobody wants it sanitised");
        let other = Observed { product: crate::pci::HexId(1), ..clean().seen };
        let again = || clean().seen;
        // The device before, what its host shows now, whether an unknown guest has it, and its dirt after.
        let table = [
            (clean(), again(), false, None),
            (owned(clean()), again(), false, None),
            (dirty(used()), again(), false, Some(used())),
            (clean(), again(), true, Some(Dirt::Found(NEXT))),
            (dirty(used()), again(), true, Some(used())),
            (foreign(dirty(used())), again(), false, Some(used())),
            // Its agent said that it is clean, and then that somebody has it.
            (foreign(clean()), again(), true, Some(Dirt::Found(NEXT))),
            (foreign(clean()), again(), false, None),
            (dirty(used()), other.clone(), false, Some(Dirt::Found(NEXT))),
            (clean(), other, false, Some(Dirt::Found(NEXT))),
            (gone(owned(clean())), again(), false, Some(Dirt::Found(NEXT))),
            (pci("3b:00.0"), again(), false, Some(Dirt::Found(NEXT))),
            (owned(pci("3b:00.0")), again(), false, Some(Dirt::Found(NEXT))),
            (clean(), pci("3b:00.0").seen, true, None),
            // Whoever takes its sanitizer away does not clean it.
            (dirty(used()), pci("3b:00.0").seen, false, Some(used())),
        ];
        for (before, seen, foreign, dirt) in table {
            let after = before.shown(seen.clone(), foreign, NEXT);
            assert_eq!(after.dirt, dirt, "{before:?} shown as {seen:?}, foreign: {foreign}");
            assert_eq!((after.owner, after.seen, after.foreign), (before.owner, seen, foreign));
        }
    }

    #[test]
    fn what_a_claim_may_have_used_is_dirty() {
        let claim = |role, told| Claim { role, told, ..claim_of_the_device() };
        let (told, untold) = (claim(Role::Leaving, true), claim(Role::Leaving, false));
        let statement = Statement { claim: told.id, order: told.order, answer: Answer::Gone };
        let gone_proof = Proof::gone(&told, &statement).expect("it answers the order to go");
        let untold_proof = Proof::untold(&untold).expect("no agent was told");
        let found = Dirt::Found(FIRST);
        let holds =
            |device: Device| Device { owner: Some(told.id), stuck: Some("no luck".to_owned()), ..device };
        // The device, how its claim ends, and its dirt after.
        let table = [
            (holds(clean()), &gone_proof, Some(Dirt::Used(told.id))),
            (holds(dirty(found)), &gone_proof, Some(Dirt::Used(told.id))),
            (holds(clean()), &untold_proof, None),
            (holds(dirty(found)), &untold_proof, Some(found)),
            (holds(pci("3b:00.0")), &gone_proof, None),
            (holds(pci("3b:00.0")), &untold_proof, None),
        ];
        for (device, proof, dirt) in table {
            let after = device.released(proof);
            assert_eq!((after.owner, after.dirt, after.stuck), (None, dirt, None), "{device:?} {proof:?}");
        }
    }

    fn claim_of_the_device() -> Claim {
        Claim {
            id: ClaimId(Uuid::from_u128(7)),
            instance: InstanceId(Uuid::from_u128(8)),
            host: "host1".parse().expect("a name"),
            role: Role::Home,
            told: true,
            run: false,
            hot: false,
            order: Order(2),
            said: Said::None,
            devices: Vec::new(),
            amounts: Amounts::default(),
            attempt: Attempt(1),
            migration: None,
            created_at: Moment(0),
        }
    }

    #[test]
    fn a_reason_is_kept_within_bounds() {
        let outcome = Cleaned::Failed("\x1b[31m".repeat(STUCK_LEN_MAX));
        let answer = Sanitized { device: clean().seen.address, dirt: used(), outcome };
        let why = dirty(used()).after_failure(&answer).and_then(|device| device.stuck).expect("it answers");
        assert_eq!(why.chars().count(), STUCK_LEN_MAX);
        assert!(!why.contains(char::is_control), "{why:?}");
    }

    #[test]
    fn only_an_answer_to_this_very_dirt_counts() {
        let by = || Cleaned::By("reset".parse().expect("a name"));
        let failed = || Cleaned::Failed("out of luck".to_owned());
        let other = Dirt::Found(FIRST);
        // The device, of which dirt its agent speaks, how it went, whether that is a receipt, and whether it is noted.
        let table = [
            (dirty(used()), used(), by(), true, false),
            (dirty(used()), other, by(), false, false),
            (dirty(used()), used(), failed(), false, true),
            (dirty(used()), other, failed(), false, false),
            (clean(), used(), by(), false, false),
            (owned(dirty(used())), used(), by(), false, false),
        ];
        for (device, dirt, outcome, receipt, noted) in table {
            let answer = Sanitized { device: device.seen.address, dirt, outcome };
            assert_eq!(Receipt::of_agent(&device, &answer).is_some(), receipt, "{device:?} {answer:?}");
            assert_eq!(device.after_failure(&answer).is_some(), noted, "{device:?} {answer:?}");
        }
    }

    #[test]
    fn what_is_named_reads_back() {
        for dirt in [used(), Dirt::Found(FIRST)] {
            assert_eq!(dirt.name().parse(), Ok(dirt));
        }
        assert!("3".parse::<Dirt>().is_err());
        for text in ["", "3", "3.", ".1", "3.1.2", "a.b", "-1.2"] {
            assert!(text.parse::<Sighting>().is_err(), "{text}");
        }
    }
}
