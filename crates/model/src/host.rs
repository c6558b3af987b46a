//! A host and its lives.
//!
//! ```text
//!             register                     fence intent
//!  (no row) ───────────▶ registered ─────────────────────▶ unregistered, intent
//!                          ▲    │ forced_down                      │ receipt (driver)
//!                          │    ▼                                  ▼
//!                 register │  receipt (asserted) ◀───────────▶ receipt (driver)
//!                          └────────┬──────────────────────────────┘
//!                                   │ remove (no claim but Leaving)
//!                                   ▼
//!                               removed ──re-admit──▶ quarantined, until a report shows no unknown guest
//! ```
//!
//! The epoch rises on registration, fence intent, `forced_down` and removal, and on nothing else
//! (PROTOCOL §1), so a message that carries an old one is from a life that is over.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{Epoch, HostId, InventorySeq, ListGen, Moment, ReportSeq, UserId};
use crate::numa::Cell;

/// Proof that no life of a host runs. Void as soon as one registers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// A fencing driver powered the host off and saw it off.
    Driver,
    /// A named person answers for it (`forced_down`).
    Asserted(UserId),
}

/// What the machine is, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Machine {
    pub hypervisor_type: String,
    pub hypervisor_version: u64,
    pub host_ip: String,
    pub cells: Vec<Cell>,
}

/// A machine that runs instances, its agent and its lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Host {
    pub id: HostId,
    /// Names the host's service, hypervisor and root resource provider outside.
    pub uuid: Uuid,
    pub epoch: Epoch,
    /// Whether a life of the current epoch registered.
    pub registered: bool,
    /// The nonce of the newest life that registered: the same one again gets the same answer.
    pub nonce: Option<Uuid>,
    pub boot_id: Option<Uuid>,
    pub receipt: Option<Receipt>,
    /// The boot that a person asserted dead, until a life registers: one of the same boot was never dead. It outlasts
    /// the assertion, which may be taken back, and the removal of the host.
    pub asserted_dead: Option<Uuid>,
    /// The epoch that a fencing in progress opened; its receipt must find it unchanged.
    pub fence_intent: Option<Epoch>,
    pub list_gen: ListGen,
    pub inventory_seq: InventorySeq,
    /// The newest report of this life that changed something, or that says that an earlier one had no answer. What an
    /// older one says is known to be out of date.
    pub report_seq: ReportSeq,
    /// A tombstone: a zombie of it never registers as a new host.
    pub removed: bool,
    /// Re-admitted, and not yet shown to be free of guests from before.
    pub quarantined: bool,
    /// Why no new instance may come here, if so.
    pub disabled: Option<String>,
    pub machine: Machine,
    pub created_at: Moment,
    pub last_seen: Moment,
}

/// Why a host's row refused a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostRefused {
    #[error("host {0} was removed; re-admit it first")]
    Removed(HostId),
    #[error(
        "host {host} is at epoch {now}, not {carried}: the message is from a life that is over; register again"
    )]
    StaleEpoch { host: HostId, carried: Epoch, now: Epoch },
    #[error("no life of host {0} is registered")]
    Unregistered(HostId),
    #[error(
        "host {0} came back, or was fenced again, since this fencing began; begin anew if it must be down"
    )]
    FenceOvertaken(HostId),
    #[error("host {0} has no fence receipt; fence it or assert that it is down (forced_down) first")]
    NotFenced(HostId),
    #[error("host {0} was not removed: there is nothing to re-admit")]
    NotRemoved(HostId),
}

impl Host {
    /// A host that no life of has registered yet: epoch 0.
    #[must_use]
    pub fn unborn(id: HostId, uuid: Uuid, at: Moment) -> Self {
        Host {
            id,
            uuid,
            epoch: Epoch::default(),
            registered: false,
            nonce: None,
            boot_id: None,
            receipt: None,
            asserted_dead: None,
            fence_intent: None,
            list_gen: ListGen::default(),
            inventory_seq: InventorySeq::default(),
            report_seq: ReportSeq::default(),
            removed: false,
            quarantined: false,
            disabled: None,
            machine: Machine::default(),
            created_at: at,
            last_seen: at,
        }
    }

    /// Whether work may be given to it: a life is registered and nothing says that it is dead.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.registered && self.receipt.is_none() && !self.removed
    }

    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.receipt.is_some()
    }

    /// A new life of the host; voids any receipt (B2). `from` is the epoch that the life read before it
    /// registered, so that a late copy of a former life's message changes nothing.
    ///
    /// # Errors
    /// When the host is removed, or another epoch came since.
    pub fn register(&self, from: Epoch, nonce: Uuid, boot_id: Uuid, at: Moment) -> Result<Host, HostRefused> {
        if self.removed {
            return Err(HostRefused::Removed(self.id.clone()));
        }
        if from != self.epoch {
            return Err(self.stale(from));
        }
        Ok(Host {
            epoch: self.epoch.next(),
            registered: true,
            nonce: Some(nonce),
            boot_id: Some(boot_id),
            receipt: None,
            asserted_dead: None,
            fence_intent: None,
            list_gen: self.list_gen.next(),
            inventory_seq: InventorySeq::default(),
            report_seq: ReportSeq::default(),
            last_seen: at,
            ..self.clone()
        })
    }

    /// The life that registered with this nonce, if it is still the current one.
    #[must_use]
    pub fn registered_as(&self, nonce: Uuid) -> Option<Epoch> {
        (self.registered && self.nonce == Some(nonce)).then_some(self.epoch)
    }

    /// Checks that a message of epoch `carried` comes from the current life (A5, A8).
    ///
    /// # Errors
    /// When it does not: the host is removed, at another epoch, or has no registered life.
    pub fn admits(&self, carried: Epoch) -> Result<(), HostRefused> {
        if self.removed {
            return Err(HostRefused::Removed(self.id.clone()));
        }
        if carried != self.epoch {
            return Err(self.stale(carried));
        }
        if !self.registered {
            return Err(HostRefused::Unregistered(self.id.clone()));
        }
        Ok(())
    }

    /// Fencing begins: the current life, if any, is shut out before its machine is powered off (B3).
    ///
    /// # Errors
    /// When the host is removed.
    pub fn fence_intend(&self) -> Result<Host, HostRefused> {
        let shut = self.shut_out()?;
        Ok(Host { fence_intent: Some(shut.epoch), ..shut })
    }

    /// The fencing driver saw the machine off. Counts only if nothing happened since the intent (B3).
    ///
    /// # Errors
    /// When a life registered or another fencing began since.
    pub fn fence_receive(&self, intent: Epoch) -> Result<Host, HostRefused> {
        if self.fence_intent != Some(intent) || self.epoch != intent || self.registered {
            return Err(HostRefused::FenceOvertaken(self.id.clone()));
        }
        Ok(Host { receipt: Some(Receipt::Driver), fence_intent: None, ..self.clone() })
    }

    /// A person answers for the host being down.
    ///
    /// # Errors
    /// When the host is removed.
    pub fn force_down(&self, by: UserId) -> Result<Host, HostRefused> {
        let (receipt, asserted_dead) = (Some(Receipt::Asserted(by)), self.boot_id);
        Ok(Host { receipt, asserted_dead, fence_intent: None, ..self.shut_out()? })
    }

    /// The person takes the assertion back. Frees nothing and starts nothing: the host is merely silent again.
    #[must_use]
    pub fn unforce_down(&self) -> Host {
        match self.receipt {
            Some(Receipt::Asserted(_)) => Host { receipt: None, ..self.clone() },
            Some(Receipt::Driver) | None => self.clone(),
        }
    }

    /// The host is gone for good. Whoever calls this has seen that every claim on it is Leaving (C5).
    ///
    /// # Errors
    /// When no receipt proves that it is down, or it is removed already.
    pub fn remove(&self) -> Result<Host, HostRefused> {
        if self.receipt.is_none() {
            return Err(HostRefused::NotFenced(self.id.clone()));
        }
        Ok(Host { removed: true, receipt: None, ..self.shut_out()? })
    }

    /// A removed host may register again, in quarantine (A8).
    ///
    /// # Errors
    /// When it was not removed.
    pub fn readmit(&self) -> Result<Host, HostRefused> {
        if !self.removed {
            return Err(HostRefused::NotRemoved(self.id.clone()));
        }
        Ok(Host { removed: false, quarantined: true, ..self.clone() })
    }

    fn shut_out(&self) -> Result<Host, HostRefused> {
        if self.removed {
            return Err(HostRefused::Removed(self.id.clone()));
        }
        Ok(Host {
            epoch: self.epoch.next(),
            registered: false,
            list_gen: self.list_gen.next(),
            ..self.clone()
        })
    }

    fn stale(&self, carried: Epoch) -> HostRefused {
        HostRefused::StaleEpoch { host: self.id.clone(), carried, now: self.epoch }
    }
}
