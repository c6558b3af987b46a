//! What was asked of an instance, and how it went: Nova's instance actions and their events.

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::ids::{Attempt, InstanceId, Moment, ProjectId, RequestId, UserId};
use crate::instance::Instance;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    Create,
    Stop,
    Start,
    Evacuate,
    Migrate,
    Resize,
    ConfirmResize,
    RevertResize,
    Delete,
}

impl ActionKind {
    /// Nova's name of the action.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ActionKind::Create => "create",
            ActionKind::Stop => "stop",
            ActionKind::Start => "start",
            ActionKind::Evacuate => "evacuate",
            ActionKind::Migrate => "migrate",
            ActionKind::Resize => "resize",
            ActionKind::ConfirmResize => "confirmResize",
            ActionKind::RevertResize => "revertResize",
            ActionKind::Delete => "delete",
        }
    }
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Error(String),
}

/// One operation on an instance, from its request to its end. Numbered by the attempt that it raised.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Action {
    pub instance: InstanceId,
    pub attempt: Attempt,
    pub kind: ActionKind,
    pub request: RequestId,
    pub user: UserId,
    pub project: ProjectId,
    pub started_at: Moment,
    /// When it ended, and how; none while it runs.
    pub ended: Option<(Moment, Outcome)>,
}

impl Action {
    /// The action of the operation that `instance` has just begun.
    #[must_use]
    pub fn begun(instance: &Instance, kind: ActionKind, cause: &Cause, at: Moment) -> Action {
        Action {
            instance: instance.id,
            attempt: instance.attempt,
            kind,
            request: cause.request.clone(),
            user: cause.actor.clone(),
            project: cause.project.clone(),
            started_at: at,
            ended: None,
        }
    }

    /// The action at its end. One that has ended stays as it ended.
    #[must_use]
    pub fn ended(&self, at: Moment, outcome: Outcome) -> Action {
        let ended = self.ended.clone().or(Some((at, outcome)));
        Action { ended, ..self.clone() }
    }
}
