//! A timeline as JSON. Steps are counted from 1.

use serde_json::{Value, json};
use steadfast_explore::timeline::{Moment, Reaction, Sight, Stale, Tear, Timeline, Torn};

/// The steps of a run, its stale reads, and the two that do not fit together, if there are two.
#[must_use]
pub(super) fn parts(timeline: &Timeline) -> [Value; 3] {
    let step = |moment: &Moment| {
        let actor = &timeline.actors[moment.actor];
        json!({
            "node": actor.node, "task": actor.task, "step": moment.label, "fault": moment.fault,
            "reads": moment.reads, "writes": moment.writes,
        })
    };
    let steps: Vec<Value> = timeline.moments.iter().map(step).collect();
    let stale: Vec<Value> = timeline.stale.iter().map(stale).collect();
    [steps.into(), stale.into(), timeline.torn.as_ref().map(torn).into()]
}

fn stale(stale: &Stale) -> Value {
    let reaction = match stale.reaction {
        Reaction::Acted => "acted",
        Reaction::LookedAgain => "looked again",
    };
    json!({
        "object": stale.object, "read": stale.read + 1, "written": stale.written + 1, "acted": stale.acted + 1,
        "reaction": reaction,
    })
}

fn torn(torn: &Torn) -> Value {
    let tear = match torn.tear {
        Tear::Mixed => "mixed",
        Tear::HalfDone => "half done",
    };
    let sight = |Sight { read, written, object }: &Sight| json!({"object": object, "read": read + 1, "written": written + 1});
    json!({
        "tear": tear, "before": sight(&torn.before), "after": sight(&torn.after), "acted": torn.acted + 1,
    })
}
