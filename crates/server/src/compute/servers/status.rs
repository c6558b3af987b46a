//! The one word that says how a server is: derived, never stored.

use steadfast_model::instance::{Instance, Operation, VmState};

/// What clients wait for and filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Active,
    Build,
    Deleted,
    Error,
    Rebuild,
    Resize,
    RevertResize,
    Shutoff,
    VerifyResize,
}

impl Status {
    const ALL: [Status; 9] = [
        Status::Active,
        Status::Build,
        Status::Deleted,
        Status::Error,
        Status::Rebuild,
        Status::Resize,
        Status::RevertResize,
        Status::Shutoff,
        Status::VerifyResize,
    ];

    /// The statuses of Nova that no server here is ever in.
    const NEVER_HERE: [&str; 13] = [
        "HARD_REBOOT",
        "MIGRATING",
        "PASSWORD",
        "PAUSED",
        "REBOOT",
        "RESCUE",
        "SHELVED",
        "SHELVED_OFFLOADED",
        "SOFT_DELETED",
        "SUSPENDED",
        "UNKNOWN",
        "UPGRADING",
        "MIGRATING_POSTCOPY",
    ];

    #[must_use]
    pub fn of(instance: &Instance) -> Status {
        let moving = match instance.operation {
            Some(Operation::Evacuate(_) | Operation::RollBack(_)) => Some(Status::Rebuild),
            Some(Operation::Migrate(_)) => Some(Status::Resize),
            Some(Operation::Revert(_)) => Some(Status::RevertResize),
            Some(Operation::Boot | Operation::Stop | Operation::Start) | None => None,
        };
        match instance.vm_state {
            VmState::Deleted => Status::Deleted,
            VmState::Building => Status::Build,
            VmState::Active => moving.unwrap_or(Status::Active),
            VmState::Stopped => moving.unwrap_or(Status::Shutoff),
            VmState::Resized => moving.unwrap_or(Status::VerifyResize),
            VmState::Error => moving.unwrap_or(Status::Error),
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "ACTIVE",
            Status::Build => "BUILD",
            Status::Deleted => "DELETED",
            Status::Error => "ERROR",
            Status::Rebuild => "REBUILD",
            Status::Resize => "RESIZE",
            Status::RevertResize => "REVERT_RESIZE",
            Status::Shutoff => "SHUTOFF",
            Status::VerifyResize => "VERIFY_RESIZE",
        }
    }

    /// The status with this name in any case; none for one that Nova has and no server here is in.
    ///
    /// # Errors
    /// When Nova has no such status either.
    pub fn from_name(name: &str) -> Result<Option<Status>, UnknownStatus> {
        let name = name.to_ascii_uppercase();
        let found = Status::ALL.into_iter().find(|status| status.name() == name);
        if found.is_none() && !Status::NEVER_HERE.contains(&name.as_str()) {
            return Err(UnknownStatus);
        }
        Ok(found)
    }

    /// How far a server is that is on its way, in percent; none for one that is not.
    #[must_use]
    pub fn progress(self) -> Option<u8> {
        match self {
            Status::Active => Some(100),
            Status::Build
            | Status::Rebuild
            | Status::Resize
            | Status::RevertResize
            | Status::VerifyResize => Some(0),
            Status::Deleted | Status::Error | Status::Shutoff => None,
        }
    }
}

/// A text is no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownStatus;

/// Nova's number for what the guest does, as far as the control plane was told.
#[must_use]
pub fn power_state(instance: &Instance) -> u8 {
    match instance.vm_state {
        VmState::Active => 1,
        VmState::Stopped => 4,
        VmState::Resized if instance.power.is_on() => 1,
        VmState::Resized => 4,
        VmState::Building | VmState::Error | VmState::Deleted => 0,
    }
}
