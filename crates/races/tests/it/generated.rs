//! Every combination of two operations, alone and with something that goes wrong, and every combination of three.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;

use steadfast_explore::{
    Found, Handle, Options, Reduction, Sample, Scenario, Violation, sample, search, search_and_tell,
};
use steadfast_races::campaign::{Budget, Campaign, Explored, Strategy, campaign};
use steadfast_races::catalogue::{self, Engine, Subject};
use steadfast_races::mutant::{Mutant, Rule};
use steadfast_races::scenario;
use steadfast_races::scenario::generated::{self, Op};
use steadfast_races::scenario::grown;
use steadfast_races::{Fault, Race, Site};

use crate::cores::on_all_cores;
use crate::explored::{STATES_MAX, explored, timeline};

/// How many states of each race are gone through where a race may have more. Those that do are sampled beside.
const SOME_STATES: u64 = 10_000;

/// Explores each race; fails with what goes wrong.
fn check(subjects: &[Box<dyn Subject>], strategy: Strategy, states_max: u64) -> Vec<Explored> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let budget = Budget::Schedules(states_max);
    let wanted = Campaign { strategy, budget, store: Engine::Memory, seed: 1, workers };
    let explored = campaign(subjects, wanted, &mut ()).expect("all are explored");
    let wrong = subjects
        .iter()
        .zip(&explored)
        .filter_map(|(race, one)| Some(wrong(&race.name(), one.violation.as_ref()?)));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} combinations go wrong\n{}", wrong.len(), wrong.join("\n\n"));
    explored
}

fn wrong(name: &str, violation: &Violation) -> String {
    let race = scenario::find(name).expect("a race of this name");
    format!("{name}: {}\n{}", violation.message, timeline(&race, &violation.path))
}

/// Every pair, alone and with each thing that may go wrong but a cut network, and every triple: all their states.
#[test]
fn every_combination_holds_in_every_state() {
    let written = |name: &str| scenario::all().iter().any(|race| race.name == name);
    let names = catalogue::shipped().into_iter().map(|subject| subject.name()).filter(|name| !written(name));
    let races: Vec<Race> = names.map(|name| scenario::find(&name).expect("a race of this name")).collect();
    let all = on_all_cores(&races, explored);
    let mut kinds: BTreeMap<_, Vec<&Found>> = BTreeMap::new();
    for (race, explored) in races.iter().zip(&all) {
        kinds.entry((race.operations().len(), race.faults())).or_default().push(&explored.found);
    }
    for ((operations, faults), all) in kinds {
        let states: u64 = all.iter().map(|found| found.states).sum();
        println!("{operations} operations {faults:?}: {} races, {states} states", all.len());
    }
    let wrong: Vec<String> =
        races.iter().zip(&all).filter_map(|(race, explored)| explored.wrong(race)).collect();
    assert!(wrong.is_empty(), "{} combinations go wrong\n{}", wrong.len(), wrong.join("\n\n"));
    let left = races.iter().zip(&all).filter(|(_, explored)| !explored.found.exhausted);
    let left: Vec<&Race> = left.map(|(race, _)| race).collect();
    assert!(left.is_empty(), "more than {STATES_MAX} states: {left:?}");
}

/// How many states a race that is listed as another one has at most, to be compared with it.
const STATES_TWIN_MAX: u64 = 3_000;

/// An agent that dies is the same race as one that is restarted: it has as many states, and as many steps between them.
#[test]
fn what_is_listed_as_another_race_is_that_race() {
    let pairs = generated::with_fault(&generated::pairs(), Fault::AgentCrash);
    let options = Options { reduction: Reduction::States, states_max: STATES_TWIN_MAX, ..Options::default() };
    let found = |race: &Race| search(&race.staged(None), &options).expect("it ends");
    let mut compared = 0;
    for (race, twin) in pairs.iter().filter_map(|race| Some((race, generated::twin(race)?))) {
        let (one, other) = (found(race), found(&twin));
        assert_eq!(one.exhausted, other.exhausted, "{race:?}");
        // What a search that is not through has come to depends on the order in which it went.
        if one.exhausted {
            assert_eq!((one.states, one.transitions), (other.states, other.transitions), "{race:?}");
            compared += 1;
        }
    }
    assert!(compared > 30, "only {compared} are small enough");
}

/// How many random runs of each race are made twice.
const TWICE: u64 = 3;

/// Whatever goes wrong in it, a run that is made again is the same in every step: what it touched, and what came of it.
#[test]
fn every_run_is_the_same_the_second_time() {
    let wanted = Sample { seed: 5, runs: 0..TWICE, twice: true, ..Sample::default() };
    for subject in catalogue::shipped() {
        let name = subject.name();
        let sampled = subject.staged(Engine::Memory).sample(&wanted).expect("races end");
        assert_eq!((sampled.schedules, sampled.unsteady), (TWICE, Vec::new()), "{name}");
    }
}

/// What the operations are called that the code has, as it tells others.
const OPERATIONS: &str = include_str!("../../../operations/src/lib.rs");

/// Steps of operations, or what goes on by itself, by the operations that they are raced as.
const PARTS: [(&str, Op); 4] = [
    ("fence_intend", Op::Fence),
    ("fence_receive", Op::Fence),
    ("advance", Op::Sweep),
    ("advance_later", Op::Sweep),
];

/// Whoever adds an operation has it raced with every other.
#[test]
fn every_operation_of_the_code_is_raced() {
    let uses = OPERATIONS.split(';').filter_map(|item| item.rsplit_once("pub use ")?.1.split_once("::"));
    let names =
        uses.flat_map(|(_, names)| names.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')));
    let functions: BTreeSet<&str> =
        names.filter(|name| name.starts_with(|letter: char| letter.is_ascii_lowercase())).collect();
    let part = |name: &str| PARTS.iter().find(|(part, _)| *part == name).map(|(_, op)| *op);
    let raced = |name: &&str| Op::named(name).or_else(|| part(name)).is_some();
    let unraced: Vec<&str> = functions.iter().copied().filter(|name| !raced(name)).collect();
    assert_eq!(unraced, Vec::<&str>::new());
    assert!(functions.len() > 12, "{functions:?}");
}

/// Which machines booted again in a run, of all runs there are.
fn crashed(name: &str) -> BTreeSet<Vec<u8>> {
    let race = scenario::find(name).expect("a race of this name");
    let before = race.staged(None).world();
    let booted = |site: &Site| -> Vec<u8> {
        let numbered = (1..).zip(site.machines.iter().zip(&before.machines));
        let again = numbered.filter(|(_, ((_, now), (_, then)))| now.boot_id != then.boot_id);
        again.map(|(number, _)| number).collect()
    };
    let mut all = BTreeSet::new();
    let options = Options { reduction: Reduction::States, ..Options::default() };
    let found = search_and_tell(&race.staged(None), &options, &mut |site, _| {
        all.insert(booted(site));
    });
    assert!(found.is_ok_and(|found| found.exhausted && found.violation.is_none()), "{name}");
    all
}

/// A crash hits any host on which an agent lives or comes to life, and one of them in each run.
#[test]
fn a_crash_hits_any_host_that_has_an_agent() {
    let cases: [(&str, &[&[u8]]); 4] = [
        ("evacuate+host_return/host-crash", &[&[1], &[2]]),
        ("remove_host+host_return/host-crash", &[&[1]]),
        ("boot+delete/host-crash", &[&[1]]),
        ("evacuate+report/host-crash", &[&[2]]),
    ];
    for (name, wanted) in cases {
        assert_eq!(crashed(name), wanted.iter().map(|hosts| hosts.to_vec()).collect(), "{name}");
    }
}

/// A race in which a host may not be cut off: whoever explores it sees whether one ever is.
struct NeverCut {
    race: Race,
    host: String,
}

impl Scenario for NeverCut {
    type World = Site;

    fn world(&self) -> Site {
        self.race.staged(None).world()
    }

    fn start(&self, site: &Handle<Site>) {
        self.race.staged(None).start(site);
    }

    fn always(&self, site: &Site) -> Result<(), String> {
        let cut = site.cut.iter().any(|host| host.to_string() == self.host);
        if cut { Err(format!("Cut: {}", self.host)) } else { Ok(()) }
    }
}

/// So does a cut network.
#[test]
fn a_network_is_cut_wherever_an_agent_lives() {
    let cases: [(&str, &[&str]); 3] = [
        ("evacuate+host_return/partition", &["host1", "host2"]),
        ("remove_host+host_return/partition", &["host1"]),
        ("stop/partition", &["host1"]),
    ];
    for (name, wanted) in cases {
        for host in ["host1", "host2"] {
            let race = scenario::find(name).expect("a race of this name");
            let never = NeverCut { race, host: host.to_owned() };
            let options =
                Options { reduction: Reduction::States, stop_at_violation: true, ..Options::default() };
            let found = search(&never, &options).expect("it ends");
            assert_eq!(found.violation.is_some(), wanted.contains(&host), "{name}: {host}");
        }
    }
}

/// Combinations that nobody made for a rule, each of which needs one.
const NEEDED: [(Rule, &str); 21] = [
    (Rule::A1Told, "boot+delete"),
    (Rule::A2ListGen, "boot+delete/late-list"),
    (Rule::A3OpenOrders, "boot+boot"),
    (Rule::A5EpochPerLife, "delete+agent_restart/late-list"),
    (Rule::A6GoneAnswers, "boot+delete"),
    (Rule::A7Tombstone, "remove_host+host_return"),
    (Rule::A8Quarantine, "readmit_host+host_return"),
    (Rule::A9ClaimRechecks, "boot+boot"),
    (Rule::B1OneRunner, "delete+evacuate"),
    (Rule::B2ReceiptVoid, "boot+host_return"),
    (Rule::B4MoveWaits, "migrate+report"),
    (Rule::B5RevertWaits, "revert+report"),
    (Rule::B7RollBackWaits, "evacuate+host_return/order-fails"),
    (Rule::B8NoAutostart, "boot+fence"),
    (Rule::B9LivingHome, "boot+fence"),
    (Rule::C1ReceiptAnswers, "boot+force_down"),
    (Rule::C2Sweep, "boot+boot/control-crash"),
    (Rule::C3DeleteOvertakes, "delete+evacuate"),
    (Rule::C4OneOperation, "evacuate+evacuate"),
    (Rule::C5RemovalRefuses, "evacuate+remove_host"),
    (Rule::C6KeepsTrying, "boot+stop/order-fails"),
];

/// Up to how many random runs a rule's absence may take to be found. The rarest takes about a tenth of them.
const WALKS: u64 = 1_000;

/// The judge sees what goes wrong in generated races as well: most rules are needed by some combination of two.
#[test]
fn combinations_need_the_rules() {
    for (rule, name) in NEEDED {
        let race = scenario::find(name).expect("a race of this name");
        let sampled =
            sample(&race.staged(Some(Mutant::Rule(rule))), &Sample { runs: 0..WALKS, ..Sample::default() });
        let found = sampled.expect("it ends").violation;
        let (runs, violation) = found.unwrap_or_else(|| panic!("{name} holds without {rule:?}"));
        println!("{name:32} without {rule:?}, run {runs}: {}", violation.message);
    }
}

/// docs/races.md tells of every operation and every fault.
#[test]
fn the_document_tells_of_what_races_are_made_of() {
    let document = include_str!("../../../../docs/races.md");
    for fault in Fault::ALL {
        let row = format!("| `{fault}` | {} |", fault.about());
        assert!(document.contains(&row), "docs/races.md lacks: {row}");
    }
    for op in Op::ALL {
        assert!(document.contains(&format!("`{}`", op.name())), "docs/races.md lacks {}", op.name());
    }
}

/// Combinations that went wrong once, each for a reason of its own: an instance stayed active although its stop was
/// done late; nobody wrote that down where the control plane died between a report and what follows from it; two agents
/// of one host refused each other for ever; a host came back although one of two people still held it down; a report
/// that came late, or twice, undid what a newer one of the same life had said.
const FOUND: [&str; 6] = [
    "stop/order-fails",
    "boot+stop/control-crash+order-fails",
    "evacuate+readmit_host+host_return/agent-crash",
    "boot+force_down+force_down/agent-crash",
    "stop/answer-lost+order-fails",
    "start/message-repeated+order-fails",
];

#[test]
fn what_was_found_stays_fixed() {
    let races = FOUND.iter().map(|name| catalogue::find(name).expect("a race of this name"));
    check(&races.collect::<Vec<_>>(), Strategy::Auto, SOME_STATES);
}

/// Combinations in which a search came to another state than it had foretold: a task lost two answers at once, and
/// which it missed first depended on more than was looked at; a report that waited to leave its host was older than
/// what its agent knew.
const FORETOLD: [&str; 2] = ["delete+report/control-crash+timer-early", "delete+report/partition"];

#[test]
fn what_is_foretold_comes() {
    let races = FORETOLD.iter().map(|name| catalogue::find(name).expect("a race of this name"));
    check(&races.collect::<Vec<_>>(), Strategy::SearchAlone, STATES_MAX);
}

/// How many races are drawn, how often each is run, and how many of its states are gone through.
const DRAWN: u64 = 400;
const RUNS: u64 = 50;
const FEW_STATES: u64 = 1_000;

/// Of the races that are drawn, the first that goes wrong.
fn first_wrong(mutant: Option<Mutant>) -> Option<(String, Violation)> {
    (0..DRAWN).find_map(|number| {
        let race = grown::drawn(1, number);
        let wanted = Sample { runs: 0..RUNS, ..Sample::default() };
        let sampled = sample(&race.staged(mutant), &wanted).expect("it ends");
        let (_, violation) = sampled.violation?;
        Some((race.name.to_string(), violation))
    })
}

/// More operations at once than anybody lists, with several faults: they hold, and without a rule they do not.
#[test]
fn what_is_drawn_holds() {
    let went_wrong = first_wrong(None).map(|(name, violation)| wrong(&name, &violation));
    assert_eq!(went_wrong, None);
    check(&catalogue::grown(1, DRAWN).collect::<Vec<_>>(), Strategy::SearchAlone, FEW_STATES);
    for rule in [Rule::A3OpenOrders, Rule::B1OneRunner, Rule::C2Sweep] {
        let (name, violation) = first_wrong(Some(Mutant::Rule(rule))).expect("the rule is needed");
        println!("{name} without {rule:?}: {}", violation.message);
    }
}

/// What is found does not depend on who looks.
#[test]
fn workers_find_what_one_finds() {
    let pairs = generated::pairs().into_iter().step_by(9);
    let subjects: Vec<_> = pairs.map(|race| Box::new(race) as Box<dyn Subject>).collect();
    let by = |workers| {
        let budget = Budget::Schedules(200);
        let wanted = Campaign { strategy: Strategy::Auto, budget, store: Engine::Memory, seed: 1, workers };
        campaign(&subjects, wanted, &mut ()).expect("all are explored")
    };
    assert_eq!(by(1), by(3));
}

/// A race's name is all that it takes to have it again, and any part of it is a race as well.
#[test]
fn races_are_found_by_name() {
    for race in catalogue::shipped().into_iter().chain(catalogue::grown(2, 100)) {
        let found = scenario::find(&race.name()).expect("every race is found");
        assert_eq!(
            (found.name.as_ref(), found.about.as_ref()),
            (race.name().as_ref(), race.about().as_ref())
        );
    }
    for name in ["boot", "evacuate/answer-lost", "boot+delete+evacuate+host_return/agent-crash+message-lost"]
    {
        assert_eq!(scenario::find(name).expect("a part of a race is a race").name, name);
    }
    for name in ["", "boat", "boot/late", "boot+"] {
        assert!(scenario::find(name).is_none(), "{name}");
    }
}
