//! `steadfast explore`: every order of events, on the shipped code.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use steadfast_explore::timeline::svg;
use steadfast_explore::{Limits, Reduction, Token, TokenError};
use steadfast_races::campaign::{Budget, Campaign, Strategy};
use steadfast_races::catalogue::{self, Kind, Subject};

use crate::cli::{ExploreArgs, ExploreCommand, Extent, ReplayArgs, ScenarioKind, SeedArgs};
use crate::exit::{Exit, Failure};
use crate::explore::{
    Answer, Measured, Output, Replayed, Report, measure, named, page, run as explore, summary,
};
use crate::say::{say, say_aside};

/// How many schedules of each scenario are tried if nobody says how many.
const SCHEDULES: u64 = 100_000;

pub async fn run(args: ExploreArgs) -> Result<Exit, Failure> {
    // It keeps a thread busy for as long as it takes.
    tokio::task::spawn_blocking(move || match args.command {
        None => scenarios(&args),
        Some(ExploreCommand::List { json }) => list(json),
        Some(ExploreCommand::Replay(replay)) => again(&replay),
        Some(ExploreCommand::Seed(seed)) => answer(&seed),
        Some(ExploreCommand::Bench { json }) => bench(json),
    })
    .await
    .map_err(Failure::because)?
}

fn scenarios(args: &ExploreArgs) -> Result<Exit, Failure> {
    let subjects = chosen(args)?;
    let campaign = campaign(&args.extent);
    let historic = subjects.iter().find(|subject| subject.kind() == Kind::Legacy);
    if let (Strategy::Search(Reduction::States), Some(historic)) = (campaign.strategy, historic) {
        let instead =
            if args.all { "--kind shipped beside --all, or --strategy dpor" } else { "--strategy dpor" };
        return Err(no_states(&historic.name(), instead));
    }
    let page_file = opened(args.extent.html.as_deref())?;
    let json = args.extent.json;
    let reports = explore(&subjects, campaign, &mut |report| if json { Ok(()) } else { say(report.text()) })?;
    let found = reports.iter().filter(|report| report.violation.is_some()).count();
    if json {
        let scenarios: Vec<_> = reports.iter().map(Report::json).collect();
        say(json!({"scenarios": scenarios, "found": found}))?;
    } else {
        say(format_args!("\n{}", summary(&reports)))?;
    }
    let page = || page("What steadfast explore found", "", &reports);
    ended(found > 0, page_file.map_or(Ok(()), |file| file.write(&page())))
}

/// A search for states cannot go through this scenario.
fn no_states(historic: &str, instead: &str) -> Failure {
    Failure::Usage(format!("{historic} is historic: its states are not told apart, try {instead}"))
}

/// The file that somebody names, if they do. It is opened before the search begins, and after everything else that
/// could be refused.
fn opened(path: Option<&Path>) -> Result<Option<Output>, Failure> {
    path.map(Output::open).transpose()
}

/// How a search ends. That something was found goes before what could not be written of it: both are said.
fn ended(found: bool, written: Result<(), Failure>) -> Result<Exit, Failure> {
    match (found, written) {
        (false, written) => written.map(|()| Exit::Clean),
        (true, Ok(())) => Ok(Exit::Violations),
        (true, Err(why)) => {
            say_aside(format_args!("steadfast: {why}; it ends with 3 all the same: something was found"));
            Ok(Exit::Violations)
        }
    }
}

fn chosen(args: &ExploreArgs) -> Result<Vec<Box<dyn Subject>>, Failure> {
    let named = args.scenarios.iter().map(|name| named(name)).collect::<Result<Vec<_>, _>>()?;
    let mut subjects = match (args.all, args.kind) {
        (false, _) => named,
        (true, None) => catalogue::all(),
        (true, Some(ScenarioKind::Shipped)) => catalogue::shipped(),
        (true, Some(ScenarioKind::Legacy)) => catalogue::legacy(),
    };
    subjects.extend(args.pairs.into_iter().flat_map(catalogue::pairs_with));
    subjects.extend(catalogue::grown(args.extent.seed, args.grow.unwrap_or_default()));
    // One that is named twice, in two ways, or drawn twice is explored once.
    let mut names = BTreeSet::new();
    subjects.retain(|subject| names.insert(subject.name()));
    if subjects.is_empty() {
        let sentence =
            "name a scenario, or say --all, --pairs or --grow; `steadfast explore list` names them";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    Ok(subjects)
}

fn campaign(extent: &Extent) -> Campaign {
    let workers = extent
        .workers
        .map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let budget = extent.budget.unwrap_or(Budget::Schedules(SCHEDULES));
    Campaign {
        strategy: extent.strategy.strategy(),
        budget,
        store: extent.store.engine(),
        seed: extent.seed,
        workers,
    }
}

fn list(json: bool) -> Result<Exit, Failure> {
    let subjects = catalogue::all();
    if json {
        let each = |subject: &dyn Subject| {
            json!({
                "name": subject.name(), "kind": subject.kind().name(), "about": subject.about(),
                "operations": subject.operations(), "faults": subject.faults(),
            })
        };
        say(json!(subjects.iter().map(|subject| each(subject.as_ref())).collect::<Vec<_>>()))?;
    } else {
        for subject in &subjects {
            say(format_args!("{:44} {:8} {}", subject.name(), subject.kind().name(), subject.about()))?;
        }
        say(format_args!(
            "\n{} scenarios; others are made by their names: `steadfast explore list --help`",
            subjects.len()
        ))?;
    }
    Ok(Exit::Clean)
}

/// Runs one schedule again, and tells it.
fn again(args: &ReplayArgs) -> Result<Exit, Failure> {
    let subject = named(&args.scenario)?;
    let token: Token =
        args.token.parse().map_err(|why| Failure::Usage(format!("`{}`: {why}", args.token)))?;
    let (limits, staged) = (Limits::default(), subject.staged(args.store.engine()));
    let run = staged.replay(&token, &limits).map_err(|why| {
        let sentence = format!("`{token}` is refused by {}: {why}", subject.name());
        if why == TokenError::Malformed { Failure::Usage(sentence) } else { Failure::Failed(sentence) }
    })?;
    let (page_file, picture) = (opened(args.html.as_deref())?, opened(args.svg.as_deref())?);
    let timeline = staged.timeline(&limits, &run.path).expect("it was run within these limits");
    let (scenario, about, on) = (subject.name(), subject.about(), args.store.engine());
    let replayed = Replayed { scenario, about, on, token, timeline };
    say(if args.json { replayed.json().to_string() } else { replayed.text() })?;
    let page = page_file.map_or(Ok(()), |file| file.write(&replayed.page()));
    let drawn = picture.map_or(Ok(()), |file| file.write(&replayed.svg()));
    ended(run.wrong.is_some(), page.and(drawn))
}

/// The answer to the seed.
fn answer(args: &SeedArgs) -> Result<Exit, Failure> {
    let extent = &args.extent;
    let strategy = match extent.strategy.strategy() {
        // The answer counts the orders of the shipped protocol, and the historic one has no states.
        Strategy::Auto => Strategy::Search(Reduction::SourceDpor),
        Strategy::Search(Reduction::States) => {
            return Err(no_states(
                "the seed's race",
                &format!("--strategy dpor, or explore {}", Answer::SHIPPED),
            ));
        }
        strategy => strategy,
    };
    let (page_file, picture) = (opened(extent.html.as_deref())?, opened(args.svg.as_deref())?);
    let answer = Answer::find(Campaign { strategy, ..campaign(extent) })?;
    say(if extent.json { answer.json().to_string() } else { answer.text() })?;
    let page = page_file.map_or(Ok(()), |file| file.write(&answer.page()));
    let drawn = match (picture, &answer.historic.violation) {
        (Some(file), Some(told)) => file.write(&svg(&told.timeline, &answer.historic.about)),
        (Some(_), None) => {
            say_aside("steadfast: no picture is written: the race was not found");
            Ok(())
        }
        (None, _) => Ok(()),
    };
    // The historic race is there to be found.
    ended(answer.found(), page.and(drawn))
}

fn bench(json: bool) -> Result<Exit, Failure> {
    let (seed, rates) = (named(BENCH_HISTORIC)?, named(BENCH_SHIPPED)?);
    let (legacy, shipped) = (catalogue::legacy(), catalogue::shipped());
    let what = Measured { seed: seed.as_ref(), rates: rates.as_ref(), legacy: &legacy, shipped: &shipped };
    let figures = measure(what, &mut |what| say_aside(format_args!("measuring {what}")))?;
    say(if json { figures.json().to_string() } else { figures.text() })?;
    let missed = figures.missed();
    if missed.is_empty() {
        return Ok(Exit::Clean);
    }
    Err(Failure::because(format_args!("bars that are missed: {}", missed.join(", "))))
}

/// The scenario that the time to find a race is taken of, and the one that rates are taken of.
const BENCH_HISTORIC: &str = "evacuation_ends_while_audit_runs";
const BENCH_SHIPPED: &str = "boot+delete+evacuate+report";
