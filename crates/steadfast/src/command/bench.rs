//! `steadfast bench`: boots and evacuations per second, on each store.

use crate::bench::{Load, Machine, PrivatePostgres, Results, Rig, Series, measure};
use crate::cli::BenchArgs;
use crate::exit::{Exit, Failure};
use crate::say::{say, say_aside};

pub async fn run(args: BenchArgs) -> Result<Exit, Failure> {
    let BenchArgs { json, store, instances, runs, hosts } = args;
    let load = Load { hosts, instances, runs };
    let mut results = Results { machine: Machine::this(), series: Vec::new(), left_out: Vec::new() };
    match store {
        Some(url) => results.series.extend(series(&url, load).await?),
        None => all_engines(load, &mut results).await?,
    }
    say(if json { results.json().to_string() } else { results.text() })?;
    Ok(Exit::Clean)
}

async fn all_engines(load: Load, results: &mut Results) -> Result<(), Failure> {
    results.series.extend(series("sqlite:steadfast.db", load).await?);
    let postgres = tokio::task::spawn_blocking(PrivatePostgres::start).await.map_err(Failure::because)??;
    match &postgres {
        Some(server) => results.series.extend(series(&server.url(), load).await?),
        None => {
            results.left_out.push("postgres: no server is installed below /usr/lib/postgresql".to_owned())
        }
    }
    results.series.extend(series("memory:", load).await?);
    Ok(())
}

/// Measures one store, and says on standard error that it does: it takes a while.
async fn series(url: &str, load: Load) -> Result<[Series; 2], Failure> {
    let engine = url.split(':').next().unwrap_or_default();
    say_aside(format_args!(
        "measuring {engine}: {} runs of {} boots and their evacuation",
        load.runs, load.instances
    ));
    let mut rig = Rig::set_up(url, load).await?;
    measure(engine, &mut rig, load).await
}
