//! The control plane dies after every step that an operation passes, another starts, and the operation finishes.
//!
//! The crash points are the commits themselves: an operation with a new step is covered without an edit here.

use std::collections::BTreeSet;

use steadfast_races::scenario;

#[test]
fn every_operation_survives_a_crash_after_every_step() {
    let mut passed = BTreeSet::new();
    for race in scenario::operations() {
        let crashes = race.staged(None).crash_after_each_commit();
        assert!(!crashes.is_empty(), "{race:?} commits nothing");
        for (step, outcome) in crashes {
            assert_eq!(outcome, Ok(()), "{race:?}, after a crash at {step}");
            passed.insert(step);
        }
    }
    println!("crashed after each of {} steps: {passed:?}", passed.len());
    for step in
        ["boot.request", "boot.claim", "boot.end", "stop.end", "start.end", "evacuate.hand_over", "delete"]
    {
        assert!(passed.contains(step), "no operation passed {step}");
    }
}
