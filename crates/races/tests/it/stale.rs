//! What the report of each historic race names as seen too early or too late: a person must be able to start there.

use steadfast_explore::timeline::{Reaction, Sight, Stale, Tear, Timeline, Torn, timeline};
use steadfast_explore::{Options, minimise, search};
use steadfast_races::legacy;

/// What is told of a race: what was read, the step that read it, the one that wrote it, and the one that went on.
enum Told {
    Acted(&'static str, &'static str, &'static str, &'static str),
    LookedAgain(&'static str, &'static str, &'static str, &'static str),
    /// What was seen before its write and what after, each with its read and its write; and the step that acted.
    Mixed([&'static str; 3], [&'static str; 3], &'static str),
    HalfDone([&'static str; 3], [&'static str; 3], &'static str),
}

use Told::{Acted, HalfDone, LookedAgain, Mixed};

/// All that is told of each race. Where that is nothing, what was read was so, and what was done with it was wrong: a
/// write or a message was forgotten or lost, or the record that decided was never the truth.
const EXPECTED: [(&str, &[Told]); 21] = [
    (
        "evacuation_ends_while_audit_runs",
        &[
            Acted("instances on dst", "audit.instances", "finish.host", "audit.clean"),
            Mixed(
                ["instances on dst", "audit.instances", "finish.host"],
                ["unfinished moves of dst", "audit.migrations", "finish.migration"],
                "audit.clean",
            ),
        ],
    ),
    ("unsaved_pins", &[Acted("memory of nova-compute on h", "claim.memory", "audit.usage", "save.pins")]),
    ("source_resets_evacuation", &[LookedAgain("instance i1", "claim.devices", "init.reset", "finish.host")]),
    ("tombstone_without_evacuation", &[]),
    ("tombstone_outlives_return", &[]),
    ("evacuation_without_fencing", &[]),
    (
        "audit_removes_early_allocation",
        &[HalfDone(
            ["instance i1", "audit.consumer", "create"],
            ["allocation of i1", "audit.consumers", "schedule.allocate"],
            "audit.deallocate",
        )],
    ),
    ("delete_during_build", &[]),
    (
        "rollback_after_delete",
        &[Acted("allocation of i1", "move.allocation", "delete.allocation", "move.roll_back")],
    ),
    (
        "delete_loses_to_generation",
        &[LookedAgain("allocation of i1", "delete.generation", "schedule.allocate", "delete.allocation")],
    ),
    ("late_claim_is_logged", &[LookedAgain("free devices on h", "schedule", "claim", "claim")]),
    (
        "migration_before_its_context",
        &[HalfDone(
            ["extra row of i1", "audit.contexts", "claim.context"],
            ["migration m1", "audit.migrations", "move.migration"],
            "audit.fails",
        )],
    ),
    ("retry_forgets_its_predicate", &[LookedAgain("instance i1", "save.read", "save.write", "save.write")]),
    ("old_owner_deletes_node", &[Acted("node n1", "audit.nodes", "audit.take_over", "audit.delete_node")]),
    ("last_device_twice_chosen", &[LookedAgain("free devices on h1", "schedule", "claim", "claim")]),
    (
        "marked_in_neither_set",
        &[LookedAgain("memory of scheduler", "allocate.cache", "informer.observe", "allocate.in_flight")],
    ),
    (
        "rebuild_forgets_reservation",
        &[LookedAgain("memory of nova-compute on h", "admit", "admit", "commit")],
    ),
    ("report_frees_what_it_missed", &[Acted("device h/0", "claim", "report.devices", "spawn")]),
    ("source_completes_evacuation", &[]),
    ("request_lost_after_tombstone", &[]),
    (
        "audit_errors_new_move",
        &[
            Acted("extra row of i1", "audit.contexts", "claim.context", "audit.mark_error"),
            Acted("instance i1", "audit.instances", "move.ends", "audit.mark_error"),
            Mixed(
                ["extra row of i1", "audit.contexts", "claim.context"],
                ["migration m2", "audit.mark_error", "move.ends"],
                "audit.mark_error",
            ),
        ],
    ),
];

fn sentence(told: &Told) -> String {
    match told {
        Acted(object, read, written, acted) => {
            format!("`{read}` read {object}, `{written}` wrote it, `{acted}` acted")
        }
        LookedAgain(object, read, written, acted) => {
            format!("`{read}` read {object}, `{written}` wrote it, `{acted}` looked again")
        }
        Mixed(before, after, acted) => format!("mixed: {before:?}, {after:?}, `{acted}` acted"),
        HalfDone(before, after, acted) => format!("half done: {before:?}, {after:?}, `{acted}` acted"),
    }
}

/// The same of a run, by the names of its steps.
fn sentences(run: &Timeline) -> Vec<String> {
    let label = |step: usize| &run.moments[step].label;
    let stale = |Stale { acted, read, written, object, reaction }: &Stale| {
        let end = match reaction {
            Reaction::Acted => "acted",
            Reaction::LookedAgain => "looked again",
        };
        let [read, written, acted] = [*read, *written, *acted].map(label);
        format!("`{read}` read {object}, `{written}` wrote it, `{acted}` {end}")
    };
    let torn = |Torn { tear, before, after, acted }: &Torn| {
        let how = match tear {
            Tear::Mixed => "mixed",
            Tear::HalfDone => "half done",
        };
        let sight =
            |sight: &Sight| [&sight.object, label(sight.read), label(sight.written)].map(Clone::clone);
        format!("{how}: {:?}, {:?}, `{}` acted", sight(before), sight(after), label(*acted))
    };
    run.stale.iter().map(stale).chain(run.torn.iter().map(torn)).collect()
}

#[test]
fn every_historic_race_is_told_with_what_was_seen_too_early_or_too_late() {
    let (mut told, mut expected) = (Vec::new(), Vec::new());
    for race in legacy::all() {
        let options = Options { stop_at_violation: true, ..Options::default() };
        let historic = race.historic();
        let found = search(&historic, &options).expect("it ends").violation.expect("it is found");
        let small = minimise(&historic, &options.limits, &found.path, RUNS_MAX).expect("it ends");
        let run = timeline(&historic, &options.limits, &small.run.path).expect("it ends");
        told.push((race.name, sentences(&run)));
        let of_race = EXPECTED.iter().find(|(name, _)| *name == race.name);
        let (name, sights) = of_race.unwrap_or_else(|| panic!("{race:?} is not in the list"));
        expected.push((*name, sights.iter().map(sentence).collect()));
    }
    assert_eq!(told.len(), EXPECTED.len(), "the list names a race that there is not");
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(told, expected, "all that is told:\n{told:#?}");
    }
}

/// How many runs it may take to make a race small.
const RUNS_MAX: u64 = 50_000;
