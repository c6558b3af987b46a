//! The command line of `steadfast explore`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use steadfast_explore::{Draw, Reduction};
use steadfast_races::Fault;
use steadfast_races::campaign::{Budget, Strategy};
use steadfast_races::catalogue::{Engine, FAULTS_MAX, OPERATIONS_MAX};
use steadfast_races::scenario::generated::Op;

pub(super) const EXAMPLES: &str = "\
A scenario is one of the list, or made of operations joined with +, and behind a slash of faults:
boot+evacuate/agent-crash+message-lost. `steadfast explore list --help` names them.

Examples:
  steadfast explore seed --html seed.html            the race that Steadfast began with
  steadfast explore list                             every scenario
  steadfast explore delete_during_evacuation         every state of one of them
  steadfast explore boot+evacuate/agent-crash        of one that is made up
  steadfast explore --all --kind shipped --budget 5m all of ours, for five minutes
  steadfast explore source_returns --budget 1000000 --strategy dpor
  steadfast explore --grow 500 --strategy pos --budget 300   larger ones, drawn, 300 runs of each
  steadfast explore --pairs partition                every pair, while the network may be cut
  steadfast explore --all --html found.html          a page with a picture of each violation
  steadfast explore replay SCENARIO TOKEN            one run again, as it was printed
  steadfast explore bench                            what it costs

While it runs, standard error says how far it has come: anew all the time on a terminal, every ten
seconds elsewhere.

In --json, `states` were come to by `transitions` between them, which lead through them in so many
`orders` (null where not all of them were gone through); `schedules` are complete runs, and
`covered` those that were given up because others cover them; `sampled` are random runs, which came
to `ends`, `ends_once` of them in one run alone. `left` is what a search knew to be left when it
ended, `full` that no search holds more. A violation names the `scenario` of its `token`: less may
be enough for it than what was explored.

Exit codes: 0 nothing was found; 1 it could not be done; 2 bad usage; 3 something was found";

const REPLAY_EXAMPLES: &str = "\
Examples:
  steadfast explore replay evacuation_ends_while_audit_runs UmW9a
  steadfast explore replay seed/lock/second-process QCkge --svg lock.svg
  steadfast explore replay evacuation_ends_while_audit_runs UmW9a --json | jq .stale

In --json, `message` and `invariant` say what is wrong, and are null where the run goes right;
`steps` are counted from 1 where `stale` and `torn` name them.

Exit codes: 0 the run goes right; 1 the token does not fit the scenario, or it could not be done;
2 bad usage, or what is no token at all; 3 the run goes wrong, as the token says";

const SEED_EXAMPLES: &str = "\
The race is hunted in the historic protocol, and looked for in the shipped one at the same moment.
To reorder its writes, or its reads, a lock and an atomic check were proposed for it: each is
tried in four circumstances, in scenarios that are called seed/REPAIR/CIRCUMSTANCE. They are not
in the list, because in some of them nothing is found: that is the answer. They can be explored
and replayed by these names.

All of it is explored by --strategy and within --budget; auto is dpor here, so that the orders of
both protocols are counted. --strategy states is refused: the historic protocol tells no states
apart. --store is that of the shipped protocol: the historic one has rows of its own, in memory.

Examples:
  steadfast explore seed                             the timeline, and the verdict on each repair
  steadfast explore seed --html seed.html            a page with the picture
  steadfast explore seed --strategy walk --seed 7 --budget 500    by chance alone
  steadfast explore seed --store sqlite              the shipped protocol on the real SQLite as well
  steadfast explore seed/lock/tool                   one of the repairs

Exit codes: 0 nothing was found within the budget; 1 it could not be done; 2 bad usage; 3 the race
was found, or anything else";

const BENCH_EXAMPLES: &str = "\
Examples:
  cargo run --profile dist -- explore bench          as it is shipped: the bars are for that
  steadfast explore bench --json > bench.json

It keeps every core busy for some minutes. What is held against a bar says whether it holds.

Exit codes: 0 every bar holds; 1 one is missed, or it could not be done; 2 bad usage";

/// What the list's help says: the examples, and what a name can be made of.
/// How many names of operations stand on a line.
const OPERATIONS_PER_LINE: usize = 7;

fn list_examples() -> String {
    let operations = Op::ALL.map(Op::name);
    let faults = Fault::ALL.map(|fault| format!("  {:17} {}", fault.name(), fault.about()));
    let operations: Vec<String> =
        operations.chunks(OPERATIONS_PER_LINE).map(|some| some.join(", ")).collect();
    format!(
        "\
The list has every scenario that somebody wrote, every operation and every pair of them, alone and
with a fault (with all but partition, which --pairs adds), every triple, and every historic race.
What may go wrong with an agent that dies is most often listed as agent_restart. The seed's repairs
are not in it: they belong to `steadfast explore seed`.

Any other scenario is made by its name: up to {OPERATIONS_MAX} operations joined with +, and behind a
slash up to {FAULTS_MAX} faults, as in boot+evacuate/agent-crash+message-lost. What stands there twice
is there twice, but for report and host_return: of these two is as much as one.

Operations: {}

Faults:
{}

Examples:
  steadfast explore list | grep evacuate             what an evacuation meets
  steadfast explore list --json                      {{name, kind, about, operations, faults}} of each",
        operations.join(",\n  "),
        faults.join("\n"),
    )
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ExploreArgs {
    /// The scenarios, by name, or by what they are made of: boot+evacuate/agent-crash
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Every scenario of the list
    #[arg(long, conflicts_with = "scenarios")]
    pub all: bool,
    /// Of all scenarios, only those of this kind
    #[arg(long, value_enum, requires = "all")]
    pub kind: Option<ScenarioKind>,
    /// Every pair of operations as well in which this may go wrong. The list has those of all faults but partition
    #[arg(long, value_name = "FAULT", value_parser = fault())]
    pub pairs: Option<Fault>,
    /// So many scenarios of ours as well that are drawn: up to seven operations at once, with up to three faults
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=GROWN_MAX))]
    pub grow: Option<u64>,
    #[command(flatten)]
    pub extent: Extent,
    #[command(subcommand)]
    pub command: Option<ExploreCommand>,
}

/// One of the faults, by its name.
fn fault() -> impl TypedValueParser<Value = Fault> {
    let names = PossibleValuesParser::new(Fault::ALL.map(Fault::name));
    names.map(|name| Fault::named(&name).expect("it is one of their names"))
}

/// How much is explored, and how it is told.
#[derive(Debug, Args)]
pub struct Extent {
    /// How orders are chosen
    #[arg(long, value_enum, default_value_t = ExploreStrategy::Auto)]
    pub strategy: ExploreStrategy,
    /// A time for all scenarios together (60s, 5m, 2h; at most 24h), or a number of states or runs of each, a fifth of
    /// it, and at most 100000, in random runs beside where auto is not through by then [default: 100000]
    #[arg(long, value_name = "60s|N", value_parser = budget)]
    pub budget: Option<Budget>,
    /// What the store of ours runs on. The historic protocols have rows of their own, in memory
    #[arg(long, value_enum, default_value_t = ExploreStore::Memory)]
    pub store: ExploreStore,
    /// How many threads explore: scenarios beside each other, and random runs of one as well [default: one for each
    /// core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=WORKERS_MAX))]
    pub workers: Option<u16>,
    /// What random orders are drawn from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub json: bool,
    /// Write a page with a picture of each violation
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// How the orders of a scenario are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExploreStrategy {
    /// Every state of ours, every order of a historic protocol that can differ; what is too large for the budget is
    /// sampled beside
    Auto,
    /// Every state, and every step that can happen there
    States,
    /// Every order that can differ (source-DPOR)
    Dpor,
    /// Every order, those that cannot differ given up half-way (sleep sets)
    Sleep,
    /// Every order
    Dfs,
    /// Random: partial order sampling
    Pos,
    /// Random: each step as likely as any other
    Walk,
    /// Random: priorities of tasks with change points
    Pct,
}

/// How many change points a run with priorities has: the seed's race needs three.
const PCT_CHANGES: u32 = 3;

impl ExploreStrategy {
    #[must_use]
    pub fn strategy(self) -> Strategy {
        match self {
            ExploreStrategy::Auto => Strategy::Auto,
            ExploreStrategy::States => Strategy::Search(Reduction::States),
            ExploreStrategy::Dpor => Strategy::Search(Reduction::SourceDpor),
            ExploreStrategy::Sleep => Strategy::Search(Reduction::SleepSets),
            ExploreStrategy::Dfs => Strategy::Search(Reduction::Nothing),
            ExploreStrategy::Pos => Strategy::Draw(Draw::Pos),
            ExploreStrategy::Walk => Strategy::Draw(Draw::Walk),
            ExploreStrategy::Pct => Strategy::Draw(Draw::Pct { changes: PCT_CHANGES }),
        }
    }
}

/// Whose protocol a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScenarioKind {
    /// Ours: nothing may be found
    Shipped,
    /// One that history has shown to be wrong: something is found
    Legacy,
}

/// What the store of an explored scenario runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExploreStore {
    /// The engine in memory: fast
    Memory,
    /// Beside it the real SQLite: whatever the two answer differently is a violation
    Sqlite,
}

impl ExploreStore {
    #[must_use]
    pub fn engine(self) -> Engine {
        match self {
            ExploreStore::Memory => Engine::Memory,
            ExploreStore::Sqlite => Engine::Sqlite,
        }
    }
}

/// The most threads that explore.
const WORKERS_MAX: i64 = 256;

/// The most scenarios that are drawn at once.
const GROWN_MAX: u64 = 1_000_000;

#[derive(Debug, Subcommand)]
pub enum ExploreCommand {
    /// Name every scenario
    #[command(after_help = list_examples())]
    List {
        /// Print one JSON list on standard output
        #[arg(long)]
        json: bool,
    },
    /// Run one schedule again, and tell it
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
    /// Find the race that Steadfast began with, and judge what was proposed against it
    #[command(after_help = SEED_EXAMPLES)]
    Seed(SeedArgs),
    /// Measure what exploring costs, and hold it against its bars
    #[command(after_help = BENCH_EXAMPLES)]
    Bench {
        /// Print one JSON object on standard output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct SeedArgs {
    #[command(flatten)]
    pub extent: Extent,
    /// Write the picture alone
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The scenario that the violation was found in, as it was printed with it
    pub scenario: String,
    /// As it was printed with the violation
    pub token: String,
    /// What the store of ours runs on, as when it was found
    #[arg(long, value_enum, default_value_t = ExploreStore::Memory)]
    pub store: ExploreStore,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub json: bool,
    /// Write a page with a picture of it
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the picture by itself
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// The longest time that may be asked for.
const BUDGET_HOURS_MAX: u64 = 24;

/// A budget as it is written: `60s`, `5m`, `2h`, or a number of states or runs.
fn budget(text: &str) -> Result<Budget, String> {
    let neither = || {
        format!(
            "it is neither a time for all scenarios together (60s, 5m, 2h; at most {BUDGET_HOURS_MAX}h) nor a number \
             of states or runs of each"
        )
    };
    let units = [('s', 1), ('m', 60), ('h', 3_600)];
    let unit = units.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let count: u64 = unit.map_or(text, |(digits, _)| digits).parse().map_err(|_| neither())?;
    if count == 0 {
        return Err(
            "nothing can be explored in no time and no runs: ask for at least 1s, or for 1".to_owned()
        );
    }
    let Some((_, seconds)) = unit else { return Ok(Budget::Schedules(count)) };
    let time = count.checked_mul(seconds).filter(|time| *time <= BUDGET_HOURS_MAX * 3_600);
    time.map(|time| Budget::Time(Duration::from_secs(time)))
        .ok_or_else(|| format!("a time is at most {BUDGET_HOURS_MAX}h"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn budgets_are_times_or_numbers() {
        let time = |seconds| Ok(Budget::Time(Duration::from_secs(seconds)));
        let cases = [
            ("60s", time(60)),
            ("5m", time(300)),
            ("2h", time(7_200)),
            ("24h", time(86_400)),
            ("86400s", time(86_400)),
            ("1", Ok(Budget::Schedules(1))),
            ("100000", Ok(Budget::Schedules(100_000))),
            ("25h", Err("at most 24h")),
            ("86401s", Err("at most 24h")),
            ("18446744073709551615h", Err("at most 24h")),
            ("0", Err("at least 1s, or for 1")),
            ("0s", Err("at least 1s, or for 1")),
            ("0h", Err("at least 1s, or for 1")),
            ("", Err("neither a time for all scenarios together (60s, 5m, 2h; at most 24h)")),
            ("h", Err("neither a time")),
            ("-5s", Err("neither a time")),
            ("1d", Err("neither a time")),
            ("soon", Err("neither a time")),
        ];
        for (text, expected) in cases {
            match (budget(text), expected) {
                (Err(said), Err(part)) => assert!(said.contains(part), "{text}: {said}"),
                (budget, expected) => assert_eq!(budget, expected.map_err(str::to_owned), "{text}"),
            }
        }
    }

    /// What a piped `--help` is wrapped at.
    const WIDTH: usize = 100;

    #[test]
    fn no_example_is_wrapped() {
        for text in [EXAMPLES, REPLAY_EXAMPLES, SEED_EXAMPLES, BENCH_EXAMPLES, &list_examples()] {
            for line in text.lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
    }

    /// A scenario that is called like a command could not be explored by its name. Whoever names a command where a
    /// scenario is wanted hears so.
    #[test]
    fn no_scenario_is_called_like_a_command() {
        let cli = Cli::command();
        let explore = cli.find_subcommand("explore").expect("it is a command");
        for command in explore.get_subcommands().map(clap::Command::get_name) {
            let subject = steadfast_races::catalogue::find(command);
            assert!(subject.is_err(), "the scenario `{command}` is called like a command");
            let why = crate::explore::named(command).err().map(|why| why.to_string()).unwrap_or_default();
            assert!(why.starts_with(&format!("`{command}` is a command")), "{why}");
        }
        assert!(steadfast_races::catalogue::find("help").is_err());
    }
}
