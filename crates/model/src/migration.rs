//! The record of one move, with its table of legal status changes.

use serde::{Deserialize, Serialize};

use crate::ids::{Attempt, ClaimId, HostId, InstanceId, MigrationId, Moment, ProjectId, UserId};
use crate::instance::{Power, Size};

/// What kind of move it is; Nova's `migration_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationKind {
    Evacuation,
    /// A cold migration: the instance is off while it moves.
    Migration,
    /// The same to another size.
    Resize,
}

impl MigrationKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MigrationKind::Evacuation => "evacuation",
            MigrationKind::Migration => "migration",
            MigrationKind::Resize => "resize",
        }
    }
}

/// How far the move got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationStatus {
    /// Requested; no destination yet.
    Accepted,
    /// A claim on the destination is held.
    PreMigrating,
    /// An evacuation was handed over.
    Done,
    /// A cold migration or a resize was handed over; what it left behind is kept until it is confirmed or reverted.
    Finished,
    Confirmed,
    /// It is being undone.
    Reverting,
    Reverted,
    /// The instance was deleted on the way.
    Failed,
    /// It could not be done; the instance stays where it was.
    Error,
}

impl MigrationStatus {
    pub const ALL: [MigrationStatus; 9] = [
        MigrationStatus::Accepted,
        MigrationStatus::PreMigrating,
        MigrationStatus::Done,
        MigrationStatus::Finished,
        MigrationStatus::Confirmed,
        MigrationStatus::Reverting,
        MigrationStatus::Reverted,
        MigrationStatus::Failed,
        MigrationStatus::Error,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MigrationStatus::Accepted => "accepted",
            MigrationStatus::PreMigrating => "pre-migrating",
            MigrationStatus::Done => "done",
            MigrationStatus::Finished => "finished",
            MigrationStatus::Confirmed => "confirmed",
            MigrationStatus::Reverting => "reverting",
            MigrationStatus::Reverted => "reverted",
            MigrationStatus::Failed => "failed",
            MigrationStatus::Error => "error",
        }
    }

    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            MigrationStatus::Accepted
            | MigrationStatus::PreMigrating
            | MigrationStatus::Finished
            | MigrationStatus::Reverting => false,
            MigrationStatus::Done
            | MigrationStatus::Confirmed
            | MigrationStatus::Reverted
            | MigrationStatus::Failed
            | MigrationStatus::Error => true,
        }
    }

    /// The table of legal changes (rule 7). Terminal states absorb. A revert that is given up leaves its move finished,
    /// as it was.
    #[must_use]
    pub fn may_become(self, next: MigrationStatus) -> bool {
        use MigrationStatus as S;
        match (self, next) {
            (S::Accepted, S::PreMigrating | S::Failed | S::Error)
            | (S::PreMigrating, S::Done | S::Finished | S::Failed | S::Error)
            | (S::Finished, S::Confirmed | S::Reverting)
            | (S::Reverting, S::Reverted | S::Finished | S::Failed) => true,
            (
                S::Accepted,
                S::Accepted | S::Done | S::Finished | S::Confirmed | S::Reverting | S::Reverted,
            )
            | (S::PreMigrating, S::Accepted | S::PreMigrating | S::Confirmed | S::Reverting | S::Reverted)
            | (
                S::Finished,
                S::Accepted | S::PreMigrating | S::Done | S::Finished | S::Reverted | S::Failed | S::Error,
            )
            | (
                S::Reverting,
                S::Accepted | S::PreMigrating | S::Done | S::Confirmed | S::Reverting | S::Error,
            )
            | (S::Done | S::Confirmed | S::Reverted | S::Failed | S::Error, _) => false,
        }
    }
}

/// What a resize changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resize {
    pub before: Size,
    pub after: Size,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Migration {
    pub id: MigrationId,
    pub instance: InstanceId,
    pub project: ProjectId,
    pub user: UserId,
    pub kind: MigrationKind,
    pub status: MigrationStatus,
    pub attempt: Attempt,
    /// What was wanted of the instance before it was asked to move: what a roll-back returns to.
    pub power_before: Power,
    /// The sizes before and after, of a resize.
    pub resize: Option<Resize>,
    pub source_host: HostId,
    pub source_claim: ClaimId,
    pub dest_host: Option<HostId>,
    pub dest_claim: Option<ClaimId>,
    /// The destination that was asked for, if any.
    pub requested_host: Option<HostId>,
    /// Why it failed: every host that was refused, with its reason.
    pub reason: Option<String>,
    pub created_at: Moment,
    pub updated_at: Moment,
}

impl Migration {
    /// The migration with another status; none where the table does not allow it.
    #[must_use]
    pub fn becoming(&self, status: MigrationStatus, at: Moment) -> Option<Migration> {
        let allowed = self.status.may_become(status);
        allowed.then(|| Migration { status, updated_at: at, ..self.clone() })
    }

    /// The number by which Nova's API calls the record: 31 bits of its id, never 0.
    #[must_use]
    pub fn number(&self) -> u32 {
        let bits = self.id.0.as_u64_pair().1 & 0x7fff_ffff;
        u32::try_from(bits).expect("31 bits fit").max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_states_absorb() {
        for from in MigrationStatus::ALL {
            let reachable = MigrationStatus::ALL.iter().any(|to| from.may_become(*to));
            assert_eq!(reachable, !from.is_terminal(), "{}", from.name());
        }
    }
}
