//! A run of a scenario again, by its token: what the tests that `steadfast explore` writes call.

use steadfast_explore::{Limits, Token, TokenError};

use crate::catalogue::{self, Engine};

/// Runs it again, and holds it to two things: its steps are those named, and nothing is wrong with it.
///
/// # Panics
/// When the code has changed, at the step where it first differs; and when the run goes wrong.
pub fn holds(scenario: &str, token: &str, steps: &[&str]) {
    let subject = catalogue::find(scenario).unwrap_or_else(|why| panic!("{why}"));
    let token: Token = token.parse().unwrap_or_else(|why| panic!("{token}: {why}"));
    let (limits, staged) = (Limits::default(), subject.staged(Engine::Memory));
    let (path, wrong) = match staged.replay(&token, &limits) {
        Ok(run) => (run.path, run.wrong),
        Err(TokenError::OtherCode(path)) => (path, None),
        Err(why) => panic!("{why}"),
    };
    let timeline = staged.timeline(&limits, &path).expect("it was run within these limits");
    let named = timeline
        .moments
        .iter()
        .map(|moment| format!("{}: {}", timeline.actors[moment.actor].task, moment.label));
    for (number, (now, then)) in (1..).zip(named.zip(steps)) {
        assert_eq!(now, *then, "the code has changed: {scenario} differs from its test at step {number}");
    }
    assert!(
        timeline.moments.len() >= steps.len(),
        "the code has changed: {scenario} ends earlier than its test"
    );
    if let Some(wrong) = wrong.or(timeline.wrong) {
        panic!("{scenario}: {}", wrong.message);
    }
}
