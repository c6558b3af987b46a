//! An action as Nova shows it.

use serde_json::{Value, json};
use steadfast_model::action::{Action, ActionKind, Outcome};

use crate::http::microversion::Microversion;
use crate::http::stamp::micros;
use crate::http::versions::compute::{
    ACTION_EVENT_DETAILS, ACTION_EVENT_HOST, ACTION_EVENTS_FOR_USERS, ACTION_PAGES,
};

/// A line of the list.
#[must_use]
pub fn line(version: Microversion, action: &Action) -> Value {
    let failed = matches!(action.ended, Some((_, Outcome::Error(_))));
    let mut shown = json!({
        "action": action.kind.name(),
        "instance_uuid": action.instance,
        "request_id": action.request,
        "user_id": action.user,
        "project_id": action.project,
        "start_time": micros(action.started_at),
        "message": failed.then_some("Error"),
    });
    if version >= ACTION_PAGES {
        let updated = action.ended.as_ref().map_or(action.started_at, |(at, _)| *at);
        shown["updated_at"] = json!(micros(updated));
    }
    shown
}

/// An action with its event. Here each has one: what the host's agent was wanted to do.
#[must_use]
pub fn full(version: Microversion, admin: bool, action: &Action) -> Value {
    let mut shown = line(version, action);
    if admin || version >= ACTION_EVENTS_FOR_USERS {
        shown["events"] = json!([event(version, admin, action)]);
    }
    shown
}

/// Why an action failed names hosts: for operators only.
fn event(version: Microversion, admin: bool, action: &Action) -> Value {
    let (result, why) = match &action.ended {
        None => (None, None),
        Some((_, Outcome::Success)) => (Some("Success"), None),
        Some((_, Outcome::Error(why))) => (Some("Error"), Some(why)),
    };
    let mut event = json!({
        "event": event_name(action.kind),
        "start_time": micros(action.started_at),
        "finish_time": action.ended.as_ref().map(|(at, _)| micros(*at)),
        "result": result,
    });
    if admin {
        event["traceback"] = json!(null);
    }
    if version >= ACTION_EVENT_HOST {
        event["hostId"] = json!("");
        if admin {
            event["host"] = json!(null);
        }
    }
    if version >= ACTION_EVENT_DETAILS {
        event["details"] = json!(why.filter(|_| admin));
    }
    event
}

/// Nova's name of the step that does the work.
fn event_name(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Create => "compute__do_build_and_run_instance",
        ActionKind::Stop => "compute_stop_instance",
        ActionKind::Start => "compute_start_instance",
        ActionKind::Evacuate => "rebuild_server",
        ActionKind::Migrate | ActionKind::Resize => "cold_migrate",
        ActionKind::ConfirmResize => "compute_confirm_resize",
        ActionKind::RevertResize => "compute_revert_resize",
        ActionKind::Delete => "compute_terminate_instance",
    }
}
