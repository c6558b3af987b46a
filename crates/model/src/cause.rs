//! Why something changes: carried from the door to the ledger.

use serde::{Deserialize, Serialize};

use crate::ids::{ProjectId, RequestId, UserId};

/// On whose request, and by whom, an operation acts. It stands in every log line and ledger entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    pub request: RequestId,
    pub actor: UserId,
    pub project: ProjectId,
}

/// Which instances a query may see. A query that does not say does not compile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Every project: operators, and the control plane itself.
    All,
    Project(ProjectId),
}

impl Scope {
    #[must_use]
    pub fn covers(&self, project: &ProjectId) -> bool {
        match self {
            Scope::All => true,
            Scope::Project(own) => own == project,
        }
    }
}
