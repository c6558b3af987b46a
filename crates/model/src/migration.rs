//! The record of one move, with its table of legal status changes.

use serde::{Deserialize, Serialize};

use crate::ids::{Attempt, ClaimId, HostId, InstanceId, MigrationId, Moment, ProjectId, UserId};
use crate::instance::Power;

/// What kind of move it is; Nova's `migration_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationKind {
    Evacuation,
}

impl MigrationKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MigrationKind::Evacuation => "evacuation",
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
    /// Handed over.
    Done,
    /// The instance was deleted on the way.
    Failed,
    /// It could not be done; the instance stays where it was.
    Error,
}

impl MigrationStatus {
    pub const ALL: [MigrationStatus; 5] = [
        MigrationStatus::Accepted,
        MigrationStatus::PreMigrating,
        MigrationStatus::Done,
        MigrationStatus::Failed,
        MigrationStatus::Error,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MigrationStatus::Accepted => "accepted",
            MigrationStatus::PreMigrating => "pre-migrating",
            MigrationStatus::Done => "done",
            MigrationStatus::Failed => "failed",
            MigrationStatus::Error => "error",
        }
    }

    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            MigrationStatus::Accepted | MigrationStatus::PreMigrating => false,
            MigrationStatus::Done | MigrationStatus::Failed | MigrationStatus::Error => true,
        }
    }

    /// The table of legal changes (rule 7). Terminal states absorb.
    #[must_use]
    pub fn may_become(self, next: MigrationStatus) -> bool {
        use MigrationStatus as S;
        match (self, next) {
            (S::Accepted, S::PreMigrating | S::Failed | S::Error)
            | (S::PreMigrating, S::Done | S::Failed | S::Error) => true,
            (S::Accepted, S::Accepted | S::Done)
            | (S::PreMigrating, S::Accepted | S::PreMigrating)
            | (S::Done | S::Failed | S::Error, _) => false,
        }
    }
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
