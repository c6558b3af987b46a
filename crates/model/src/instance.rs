//! An instance: what a user asked for, and how far it got.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::flavor::Flavor;
use crate::ids::{Attempt, HostId, InstanceId, MigrationId, Moment, ProjectId, UserId};
use crate::migration::Migration;
use crate::pci::DeviceRequest;

/// Nova's `vm_state`, as far as operations here reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VmState {
    Building,
    Active,
    Stopped,
    /// It was moved, and somebody has to confirm or revert that.
    Resized,
    Error,
    Deleted,
}

/// What can happen to a [`VmState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VmEvent {
    BootEnded,
    BootFailed,
    StopEnded,
    StartEnded,
    StartFailed,
    EvacuationEnded(Power),
    MoveEnded,
    MoveConfirmed(Power),
    /// It is at home again, and not started yet.
    MoveReverted,
    Deleted,
}

impl VmState {
    pub const ALL: [VmState; 6] = [
        VmState::Building,
        VmState::Active,
        VmState::Stopped,
        VmState::Resized,
        VmState::Error,
        VmState::Deleted,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VmState::Building => "building",
            VmState::Active => "active",
            VmState::Stopped => "stopped",
            VmState::Resized => "resized",
            VmState::Error => "error",
            VmState::Deleted => "deleted",
        }
    }

    /// The state after `event`; none where the event cannot come, and nothing may then be written.
    #[must_use]
    pub fn after(self, event: VmEvent) -> Option<VmState> {
        use VmEvent as E;
        use VmState as S;
        match (self, event) {
            (S::Building, E::BootEnded)
            | (S::Stopped, E::StartEnded)
            | (S::Resized, E::MoveConfirmed(Power::On)) => Some(S::Active),
            (S::Building, E::BootFailed) | (S::Stopped, E::StartFailed) => Some(S::Error),
            (S::Active | S::Error, E::StopEnded)
            | (S::Resized, E::MoveConfirmed(Power::Off) | E::MoveReverted) => Some(S::Stopped),
            (S::Active | S::Stopped | S::Error, E::EvacuationEnded(Power::On)) => Some(S::Active),
            (S::Active | S::Stopped | S::Error, E::EvacuationEnded(Power::Off)) => Some(S::Stopped),
            (S::Active | S::Stopped, E::MoveEnded) => Some(S::Resized),
            (S::Building | S::Active | S::Stopped | S::Resized | S::Error, E::Deleted) => Some(S::Deleted),
            (
                S::Building | S::Resized,
                E::StopEnded | E::StartEnded | E::StartFailed | E::EvacuationEnded(_),
            )
            | (S::Active | S::Error, E::BootEnded | E::BootFailed | E::StartEnded | E::StartFailed)
            | (S::Stopped, E::BootEnded | E::BootFailed | E::StopEnded)
            | (S::Resized, E::BootEnded | E::BootFailed)
            | (S::Building | S::Resized | S::Error, E::MoveEnded)
            | (S::Building | S::Active | S::Stopped | S::Error, E::MoveConfirmed(_) | E::MoveReverted)
            | (S::Deleted, _) => None,
        }
    }
}

/// Whether the user wants the instance to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    On,
    Off,
}

impl Power {
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Power::On
    }
}

/// The operation that may act on an instance now. Its whole state is rows, so any process can go on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Boot,
    Stop,
    Start,
    Evacuate(MigrationId),
    /// A cold migration, or a resize.
    Migrate(MigrationId),
    /// A move that was finished is undone.
    Revert(MigrationId),
    /// A move that failed: the source may run again once its destination is quiet.
    RollBack(MigrationId),
}

impl Operation {
    /// Nova's `task_state` while the operation runs.
    #[must_use]
    pub fn task_state(self, placed: bool) -> &'static str {
        match self {
            Operation::Boot if placed => "spawning",
            Operation::Boot => "scheduling",
            Operation::Stop => "powering-off",
            Operation::Start => "powering-on",
            Operation::Evacuate(_) | Operation::RollBack(_) => "rebuilding",
            Operation::Migrate(_) => "resize_migrating",
            Operation::Revert(_) => "resize_reverting",
        }
    }

    #[must_use]
    pub fn migration(self) -> Option<MigrationId> {
        match self {
            Operation::Boot | Operation::Stop | Operation::Start => None,
            Operation::Evacuate(migration)
            | Operation::Migrate(migration)
            | Operation::Revert(migration)
            | Operation::RollBack(migration) => Some(migration),
        }
    }
}

/// How large an instance is, and which devices it has: what a resize changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    pub flavor: Flavor,
    /// The devices that the flavor asks for, resolved against the aliases that held when it was chosen.
    pub devices: Vec<DeviceRequest>,
}

/// Why an instance is in error, for its user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fault {
    pub code: u16,
    pub message: String,
    pub at: Moment,
}

/// What a user asked for. Kept after deletion, without claims to its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instance {
    pub id: InstanceId,
    pub project: ProjectId,
    pub user: UserId,
    pub name: String,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub key_name: Option<String>,
    pub image: Option<Uuid>,
    pub flavor: Flavor,
    /// The devices that the flavor asked for, resolved when the instance was booted.
    pub devices: Vec<DeviceRequest>,
    /// The host that the user named, if any.
    pub requested_host: Option<HostId>,
    pub vm_state: VmState,
    pub power: Power,
    pub operation: Option<Operation>,
    pub attempt: Attempt,
    /// Where its Home claim is.
    pub host: Option<HostId>,
    pub fault: Option<Fault>,
    pub created_at: Moment,
    pub updated_at: Moment,
    pub launched_at: Option<Moment>,
    pub terminated_at: Option<Moment>,
}

/// Why an instance's row refused a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceRefused {
    #[error("Cannot '{action}' instance {instance} while it is in {attribute} {state}")]
    WrongState { action: &'static str, instance: InstanceId, attribute: &'static str, state: &'static str },
}

impl Instance {
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.vm_state == VmState::Deleted
    }

    #[must_use]
    pub fn task_state(&self) -> Option<&'static str> {
        self.operation.map(|operation| operation.task_state(self.host.is_some()))
    }

    /// Checks that something may be begun: no operation runs (C4), and `allowed` names the instance's state.
    ///
    /// # Errors
    /// When another operation runs, or the state is not among those allowed.
    pub fn allows(&self, action: &'static str, allowed: &[VmState]) -> Result<(), InstanceRefused> {
        let wrong =
            |attribute, state| InstanceRefused::WrongState { action, instance: self.id, attribute, state };
        if let Some(task) = self.task_state() {
            return Err(wrong("task_state", task));
        }
        if !allowed.contains(&self.vm_state) {
            return Err(wrong("vm_state", self.vm_state.name()));
        }
        Ok(())
    }

    /// The instance with a new operation.
    #[must_use]
    pub fn begun(&self, operation: Operation, at: Moment) -> Instance {
        let attempt = self.attempt.next();
        Instance { operation: Some(operation), attempt, updated_at: at, fault: None, ..self.clone() }
    }

    #[must_use]
    pub fn size(&self) -> Size {
        Size { flavor: self.flavor.clone(), devices: self.devices.clone() }
    }

    /// The instance at this size.
    #[must_use]
    pub fn sized(self, size: Size) -> Instance {
        let Size { flavor, devices } = size;
        Instance { flavor, devices, ..self }
    }

    /// The instance after its operation ended with `event`.
    #[must_use]
    pub fn end(&self, event: VmEvent, at: Moment) -> Option<Instance> {
        let vm_state = self.vm_state.after(event)?;
        let launched_at = match vm_state {
            VmState::Active | VmState::Stopped | VmState::Resized => self.launched_at.or(Some(at)),
            VmState::Building | VmState::Error | VmState::Deleted => self.launched_at,
        };
        let terminated_at = (vm_state == VmState::Deleted).then_some(at);
        Some(Instance {
            vm_state,
            operation: None,
            updated_at: at,
            launched_at,
            terminated_at,
            ..self.clone()
        })
    }

    /// The instance after its move failed: as it was, with `operation` left to do before it may run again. The move may
    /// have been asked to end stopped, so what was wanted before it is read from its record.
    #[must_use]
    pub fn rolling_back(&self, migration: &Migration, fault: Fault) -> Instance {
        let (operation, power) = (Some(Operation::RollBack(migration.id)), migration.power_before);
        let updated_at = fault.at;
        Instance { operation, power, fault: Some(fault), updated_at, ..self.clone() }
    }

    /// Whether `operation` with number `attempt` is still the one that may act (C3).
    #[must_use]
    pub fn is_at(&self, operation: Operation, attempt: Attempt) -> bool {
        self.operation == Some(operation) && self.attempt == attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_absorbs_and_every_other_state_can_be_deleted() {
        let events = [
            VmEvent::BootEnded,
            VmEvent::BootFailed,
            VmEvent::StopEnded,
            VmEvent::StartEnded,
            VmEvent::StartFailed,
            VmEvent::EvacuationEnded(Power::On),
            VmEvent::EvacuationEnded(Power::Off),
            VmEvent::MoveEnded,
            VmEvent::MoveConfirmed(Power::On),
            VmEvent::MoveConfirmed(Power::Off),
            VmEvent::MoveReverted,
            VmEvent::Deleted,
        ];
        let row = |state: VmState| {
            let after = events.map(|event| state.after(event).map_or("-", VmState::name));
            format!("{:9}{}", state.name(), after.join(" "))
        };
        let matrix = VmState::ALL.map(row).join("\n");
        let expected = "\
building active error - - - - - - - - - deleted
active   - - stopped - - active stopped resized - - - deleted
stopped  - - - active error active stopped resized - - - deleted
resized  - - - - - - - - active stopped stopped deleted
error    - - stopped - - active stopped - - - - deleted
deleted  - - - - - - - - - - - -";
        assert_eq!(matrix, expected, "\n{matrix}");
    }
}
