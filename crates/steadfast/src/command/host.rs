//! `steadfast host`: what an operator does to a host that the API of compute services has no call for.

use std::env;

use rustix::process::getuid;
use steadfast_model::ids::UserId;
use steadfast_operations::{assert_clean, readmit_host};

use crate::cli::{AssertCleanArgs, HostArgs, ReadmitArgs, SteerCommand, StoreArgs};
use crate::exit::{Exit, Failure};
use crate::say::say;
use crate::site::Reader;
use crate::world::{ControlWorld, cause_of};

pub async fn run(args: HostArgs) -> Result<Exit, Failure> {
    match args.command {
        SteerCommand::Readmit(args) => readmit(args).await,
        SteerCommand::AssertClean(args) => assert(args).await,
    }
}

async fn readmit(args: ReadmitArgs) -> Result<Exit, Failure> {
    let ReadmitArgs { host, store, by } = args;
    let world = open(store).await?;
    let cause = cause_of(by.unwrap_or_else(whoever_asks));
    readmit_host(&world, &cause, host.clone()).await.map_err(Failure::because)?;
    say(format_args!(
        "{host} is re-admitted, on the request of {by} ({request})\n\
         Its agent registers when it next asks. It is quarantined, and no instance comes there, until its agent reports \
         without unknown guests; `steadfast verify` names those.",
        by = cause.actor,
        request = cause.request
    ))?;
    Ok(Exit::Clean)
}

async fn assert(args: AssertCleanArgs) -> Result<Exit, Failure> {
    let AssertCleanArgs { host, device, dirt, store, by } = args;
    let world = open(store).await?;
    let cause = cause_of(by.unwrap_or_else(whoever_asks));
    assert_clean(&world, &cause, host.clone(), device, dirt).await.map_err(Failure::because)?;
    say(format_args!(
        "{device} of {host}, {dirt}, is clean, on the word of {by} ({request})\n\
         It may be granted from now on. The ledger keeps whose word it was.",
        by = cause.actor,
        request = cause.request
    ))?;
    Ok(Exit::Clean)
}

/// The store, to write to. A writer makes the store that is not there, and brings an old one up to date, which is the
/// control plane's to do: so it must be there, and new enough.
async fn open(store: StoreArgs) -> Result<ControlWorld, Failure> {
    drop(Reader::open(&store.url).await?);
    let opened = tokio::task::spawn_blocking(move || ControlWorld::open(&store.url)).await;
    Ok(opened.map_err(Failure::because)??)
}

/// The person at the keyboard as the system knows them, behind `sudo` if need be.
fn whoever_asks() -> UserId {
    let named = ["SUDO_USER", "USER"].into_iter().find_map(|variable| env::var(variable).ok()?.parse().ok());
    named.unwrap_or_else(|| format!("uid-{}", getuid().as_raw()).parse().expect("it is a name"))
}
