//! Every combination of two operations, alone and with something that goes wrong, and every combination of three.

use std::collections::BTreeMap;

use steadfast_explore::trace;
use steadfast_races::campaign::{Bounds, Explored, campaign, campaign_with};
use steadfast_races::scenario::{self, generated};
use steadfast_races::{Fault, Race};

/// What is tried of each race. More orders exhaust more races: ten times as many take about four times as long.
const BOUNDS: Bounds = Bounds { schedules_max: 300, samples: 100 };

/// What goes wrong once in pairs, beside a crash.
const FAULTS: [Fault; 2] = [Fault::MessageRepeated, Fault::AnswerLost];

/// One kind of crash for each pair, so that every kind meets every operation.
const CRASHES: [Fault; 3] = [Fault::AgentCrash, Fault::HostCrash, Fault::ControlCrash];

fn races() -> Vec<Race> {
    let pairs = generated::pairs();
    let crashing = pairs.iter().enumerate().flat_map(|(place, pair)| {
        generated::with_fault(std::slice::from_ref(pair), CRASHES[place % CRASHES.len()])
    });
    let faulty = FAULTS.iter().flat_map(|fault| generated::with_fault(&pairs, *fault));
    let (crashing, faulty): (Vec<_>, Vec<_>) = (crashing.collect(), faulty.collect());
    [pairs, crashing, faulty, generated::triples()].into_iter().flatten().collect()
}

fn timeline(explored: &Explored) -> String {
    let violation = explored.violation.as_ref().expect("a timeline of what went wrong");
    let race = scenario::find(&explored.name).expect("its name is all it takes to have a race again");
    let steps = trace(&race.staged(None), &violation.path);
    let lines = steps.iter().map(|step| format!("  {:16} {:18} {}", step.node, step.task, step.label));
    format!("{}: {}\n{}", explored.name, violation.message, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_combination_holds() {
    let explored = campaign(&races(), BOUNDS);
    let mut kinds: BTreeMap<_, Vec<&Explored>> = BTreeMap::new();
    for one in &explored {
        kinds.entry((one.kind, one.faults.clone())).or_default().push(one);
    }
    for ((kind, faults), all) in kinds {
        let exhausted = all.iter().filter(|one| one.exhausted).count();
        let schedules: u64 = all.iter().map(|one| one.schedules + one.skipped).sum();
        let sampled: u64 = all.iter().map(|one| one.sampled).sum();
        let what = format!("{kind:?} {faults:?}");
        println!(
            "{what:28} {:4} races, {exhausted:4} exhausted; {schedules} orders tried, {sampled} drawn",
            all.len()
        );
    }
    let rest: Vec<_> = explored.iter().filter(|one| !one.exhausted).map(|one| one.name.as_str()).collect();
    println!("more than {} orders, and sampled: {}", BOUNDS.schedules_max, rest.join(" "));
    let wrong: Vec<_> = explored.iter().filter(|one| one.violation.is_some()).map(timeline).collect();
    assert!(wrong.is_empty(), "{} combinations go wrong\n{}", wrong.len(), wrong.join("\n\n"));
}

/// What is found does not depend on who looks.
#[test]
fn workers_find_what_one_finds() {
    let races: Vec<_> = generated::pairs().into_iter().step_by(9).collect();
    let bounds = Bounds { schedules_max: 50, samples: 20 };
    assert_eq!(campaign_with(&races, bounds, 1), campaign_with(&races, bounds, 3));
}

/// A race's name is all that it takes to have it again, and any part of it is a race as well.
#[test]
fn races_are_found_by_name() {
    for race in races().iter().chain(scenario::all()) {
        let found = scenario::find(&race.name).expect("every race is found");
        assert_eq!((found.name, found.about), (race.name.clone(), race.about.clone()));
    }
    for name in ["boot", "evacuate/answer-lost", "boot+delete+evacuate+host_return/agent-crash+message-lost"]
    {
        assert_eq!(scenario::find(name).expect("a part of a race is a race").name, name);
    }
    for name in ["", "boat", "boot/late", "boot+"] {
        assert!(scenario::find(name).is_none(), "{name}");
    }
}
