//! A claim: resources and named devices on one host, held for one instance.
//!
//! It is the only thing that can own a device, and it ends only with a [`Proof`] (rule 3).

use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::ids::{Attempt, ClaimId, HostId, InstanceId, MigrationId, Moment, Order};
use crate::inventory::Amounts;
use crate::message::{Answer, Statement};
use crate::pci::Address;

/// What a claim is for; written by operations only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The instance is being moved here.
    Incoming,
    /// The instance lives here.
    Home,
    /// Left behind, and kept for a revert.
    Held,
    /// The guest must go; nothing is free yet.
    Leaving,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Incoming, Role::Home, Role::Held, Role::Leaving];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Incoming => "incoming",
            Role::Home => "home",
            Role::Held => "held",
            Role::Leaving => "leaving",
        }
    }
}

/// What should be true of a claim's guest: what its host's agent is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Destroyed, with its local disk.
    Gone,
    Run,
    /// Defined, not running.
    BuildOff,
    /// Not running, not destroyed.
    Off,
}

/// The agent's answer to the current order, under the current epoch of the claim's host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    None,
    Running,
    Off,
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    pub id: ClaimId,
    pub instance: InstanceId,
    pub host: HostId,
    pub role: Role,
    /// An agent has been shown it.
    pub told: bool,
    /// Permission to run the guest.
    pub run: bool,
    /// Some life of the host may be running it.
    pub hot: bool,
    /// Raised whenever what is wanted of the claim changes; a statement echoes the order that it answers.
    pub order: Order,
    pub said: Said,
    pub devices: Vec<Address>,
    pub amounts: Amounts,
    /// The operation that made it.
    pub attempt: Attempt,
    /// The move that made it; none for a boot.
    pub migration: Option<MigrationId>,
    pub created_at: Moment,
}

impl Claim {
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        match (self.role, self.run) {
            (Role::Leaving, _) => Wanted::Gone,
            (Role::Incoming | Role::Home | Role::Held, true) => Wanted::Run,
            (Role::Incoming, false) => Wanted::BuildOff,
            (Role::Home | Role::Held, false) => Wanted::Off,
        }
    }

    /// No life of its host can be running its guest.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        !self.hot
    }

    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.role == Role::Leaving
    }

    /// The claim with another role and permission. Where that changes what is wanted, the order rises and the
    /// old answer is void (B6); [`Claim::hot`] rises with the permission if `host_registered`.
    #[must_use]
    pub fn becoming(&self, role: Role, run: bool, host_registered: bool) -> Claim {
        let mut claim = Claim { role, run, ..self.clone() };
        claim.hot |= run && host_registered;
        if claim.wanted() != self.wanted() {
            claim.order = self.order.next();
            claim.said = Said::None;
        }
        claim
    }

    /// The claim whose agent is asked once more for what it failed to do: a new order, without an answer yet.
    #[must_use]
    pub fn asked_anew(&self) -> Claim {
        match self.said {
            Said::Failed(_) => Claim { order: self.order.next(), said: Said::None, ..self.clone() },
            Said::None | Said::Running | Said::Off => self.clone(),
        }
    }

    /// The claim on its way out: whatever it was for, its guest must go.
    #[must_use]
    pub fn leaving(&self) -> Claim {
        self.becoming(Role::Leaving, false, false)
    }

    /// The claim after a life of its host registered: old answers are void, and a permission is live again.
    #[must_use]
    pub fn after_registration(&self) -> Claim {
        Claim { said: Said::None, hot: self.hot || self.run, ..self.clone() }
    }

    /// The claim after its host's epoch ended without a proof that it is down.
    #[must_use]
    pub fn after_shut_out(&self) -> Claim {
        Claim { said: Said::None, ..self.clone() }
    }

    /// The claim after a receipt for its host.
    #[must_use]
    pub fn after_receipt(&self) -> Claim {
        Claim { said: Said::None, hot: false, ..self.clone() }
    }

    /// The claim after its agent's statement, or nothing if the statement answers something else: another
    /// order (B6), or a claim whose guest only has to go. `gone` never passes here: see [`Proof::gone`].
    #[must_use]
    pub fn after_statement(&self, statement: &Statement) -> Option<Claim> {
        if self.id != statement.claim || self.order != statement.order || self.is_leaving() {
            return None;
        }
        let said = match &statement.answer {
            Answer::Running => Said::Running,
            Answer::Off => Said::Off,
            Answer::Failed(reason) => Said::Failed(reason.clone()),
            Answer::Gone => return None,
        };
        let hot = self.hot && (self.run || said != Said::Off);
        Some(Claim { said, hot, ..self.clone() })
    }
}

/// Evidence that a claim's guest is gone and nothing can bring it back. Ending a claim takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    claim: ClaimId,
    by: ProofBy,
}

/// Where a proof came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofBy {
    /// No agent was ever told of the claim.
    Untold,
    /// The agent answered the order to destroy it.
    Gone,
    /// The host was removed for good under a receipt.
    HostRemoved,
}

impl ProofBy {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ProofBy::Untold => "untold",
            ProofBy::Gone => "gone",
            ProofBy::HostRemoved => "host_removed",
        }
    }
}

impl Proof {
    /// A claim that no agent was told of ends at once (A1).
    #[must_use]
    pub fn untold(claim: &Claim) -> Option<Proof> {
        (claim.is_leaving() && !claim.told).then_some(Proof { claim: claim.id, by: ProofBy::Untold })
    }

    /// `gone`, said of a claim that is leaving. An order once Gone stays Gone, so the answer cannot be to
    /// anything else (A6); the caller has checked the epoch.
    #[must_use]
    pub fn gone(claim: &Claim, statement: &Statement) -> Option<Proof> {
        let answers = claim.id == statement.claim && claim.order == statement.order;
        let gone = answers && claim.is_leaving() && statement.answer == Answer::Gone;
        gone.then_some(Proof { claim: claim.id, by: ProofBy::Gone })
    }

    /// The claim's host is removed for good; `removed` is the host as this very transaction writes it.
    #[must_use]
    pub fn host_removed(claim: &Claim, removed: &Host) -> Option<Proof> {
        let covered = removed.removed && removed.id == claim.host && claim.is_leaving();
        covered.then_some(Proof { claim: claim.id, by: ProofBy::HostRemoved })
    }

    #[must_use]
    pub fn claim(&self) -> ClaimId {
        self.claim
    }

    #[must_use]
    pub fn by(&self) -> ProofBy {
        self.by
    }
}
