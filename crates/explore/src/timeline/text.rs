//! A timeline for a terminal.

use std::fmt::Write;

use super::Timeline;

/// One line for each step, then what was stale, then what is wrong.
#[must_use]
pub fn text(timeline: &Timeline) -> String {
    let mut text = String::new();
    let who = |actor: usize| {
        let actor = &timeline.actors[actor];
        format!("[{}, {}]", actor.task, actor.node)
    };
    let width = (0..timeline.actors.len()).map(|actor| who(actor).chars().count()).max().unwrap_or(0);
    for (number, moment) in (1..).zip(&timeline.moments) {
        let mark = if moment.fault { "⚡ " } else { "" };
        let writes = match moment.writes.as_slice() {
            [] => String::new(),
            writes => format!("  → {}", writes.join(", ")),
        };
        line(&mut text, &format!("{number:3}  {:width$}  {mark}{}{writes}", who(moment.actor), moment.label));
    }
    timeline.sights().iter().for_each(|sight| line(&mut text, sight));
    if let Some(wrong) = &timeline.wrong {
        let when = wrong
            .after
            .map_or_else(|| "at rest".to_owned(), |_| format!("after step {}", timeline.moments.len()));
        line(&mut text, &format!("wrong {when}: {}", wrong.message));
    }
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes everything");
}
