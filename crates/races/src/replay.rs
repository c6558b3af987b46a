//! A run of a scenario again, by its token: what the tests that `steadfast explore` writes call.

use steadfast_explore::{Limits, Token, TokenError};

use crate::catalogue::{self, Engine};

/// Runs it again, and holds it to two things: its steps are those named, and nothing is wrong with it.
///
/// # Panics
/// When the code has changed, at the step where it first differs; and when the run goes wrong.
pub fn holds(scenario: &str, token: &str, steps: &[&str]) {
    holds_on(Engine::Memory, scenario, token, steps);
}

/// The same, on the real SQLite as well.
///
/// # Panics
/// As [`holds`] does, and where the two engines answer differently.
pub fn holds_beside_sqlite(scenario: &str, token: &str, steps: &[&str]) {
    holds_on(Engine::Sqlite, scenario, token, steps);
}

fn holds_on(engine: Engine, scenario: &str, token: &str, steps: &[&str]) {
    let subject = catalogue::find(scenario).unwrap_or_else(|why| panic!("{why}"));
    let token: Token = token.parse().unwrap_or_else(|why| panic!("{token}: {why}"));
    let (limits, staged) = (Limits::default(), subject.staged(engine));
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

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use steadfast_explore::{retrace, timeline::timeline};

    use super::*;
    use crate::scenario;

    const SCENARIO: &str = "two_evacuations";

    /// A run in which nothing goes wrong, by its token, and its steps.
    fn usual() -> (String, Vec<String>) {
        let race = scenario::find(SCENARIO).expect("it is in the catalogue");
        let (limits, staged) = (Limits::default(), race.staged(None));
        let run = retrace(&staged, &limits, &[]).expect("it ends");
        let told = timeline(&staged, &limits, &run.path).expect("it ends");
        let name = |moment: &steadfast_explore::timeline::Moment| {
            format!("{}: {}", told.actors[moment.actor].task, moment.label)
        };
        (Token::of(&run).to_string(), told.moments.iter().map(name).collect())
    }

    fn held(token: &str, steps: &[String]) -> Result<(), String> {
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let failed = catch_unwind(|| holds(SCENARIO, token, &steps)).err();
        failed.map_or(Ok(()), |why| Err(*why.downcast::<String>().expect("it says why")))
    }

    #[test]
    fn a_run_holds_while_its_steps_are_those_named() {
        let (token, steps) = usual();
        assert!(steps.len() > 3, "{steps:?}");
        assert_eq!(held(&token, &steps), Ok(()));
        assert_eq!(held(&token, &steps[..3]), Ok(()), "a test that ends where it went wrong once");
        let mut other = steps.clone();
        other[2] = "somebody: something".to_owned();
        let why = held(&token, &other).expect_err("another step");
        assert!(why.contains("differs from its test at step 3") && why.contains(&steps[2]), "{why}");
        let longer = [steps.as_slice(), &other[2..3]].concat();
        let why = held(&token, &longer).expect_err("a step more");
        assert!(why.contains("ends earlier"), "{why}");
    }

    /// A token of other code leads somewhere all the same: as long as the steps are those named, it is the same run.
    #[test]
    fn a_token_of_other_code_is_held_to_the_steps() {
        let (token, steps) = usual();
        let (run, check) = token.split_at(token.len() - 3);
        let other = if check == "000" { "111" } else { "000" };
        assert_eq!(held(&format!("{run}{other}"), &steps), Ok(()));
        assert!(held("a b", &steps).expect_err("no token").contains("this is not a token"));
    }
}
