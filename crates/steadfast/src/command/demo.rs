//! `steadfast demo`: the main job, in a directory of its own that is gone afterwards.

use std::fs;

use super::tie;
use crate::cli::DemoArgs;
use crate::demo::timeline::Timeline;
use crate::demo::{Outcome, Script, tell};
use crate::exit::{Exit, Failure};
use crate::say::{say, say_aside};
use crate::site::{Layout, driver, fresh};
use crate::world::id;

pub async fn run(args: DemoArgs) -> Result<Exit, Failure> {
    let DemoArgs { json, hypervisor, with_bug, hosts, instances } = args;
    let timeline = Timeline::begin(json);
    let (hypervisor, why) = match hypervisor {
        Some(kind) => (kind, "as asked"),
        None => driver::default_kind(),
    };
    timeline.print(format_args!("hypervisor: {} ({why})\n", hypervisor.name()))?;
    let script = Script { hosts, instances, hypervisor, with_bug };
    let dir = std::env::temp_dir().join(format!("steadfast-demo-{}", id()));
    let layout = Layout::at(&dir).map_err(Failure::cannot("find the directory for temporary files"))?;
    let mut ending = tie::Ending::listen()?;
    let told = tokio::select! {
        told = tell(script, layout.clone(), timeline) => told,
        () = ending.asked() => Err(Failure::because("interrupted")),
    };
    let cleaned = clean_up(script, layout).await;
    if let Err(why @ (Failure::Failed(_) | Failure::Usage(_))) = &told {
        return Err(Failure::because(format_args!("{why} (the logs are in {}/log)", dir.display())));
    }
    cleaned?;
    fs::remove_dir_all(&dir).map_err(Failure::cannot(format_args!("remove {}", dir.display())))?;
    let outcome = told?;
    show(&outcome, json)?;
    Ok(outcome.exit())
}

/// Ends the guests, which outlive their agents.
async fn clean_up(script: Script, layout: Layout) -> Result<(), Failure> {
    let kill = move || -> Result<(), Failure> {
        // A site that never came to be has no hosts.
        let hosts = fresh::hosts(&layout).unwrap_or_default();
        hosts.iter().try_for_each(|host| driver::kill_host(script.hypervisor, &layout.host(host)))
    };
    tokio::task::spawn_blocking(kill).await.map_err(Failure::because)?
}

fn show(outcome: &Outcome, json: bool) -> Result<(), Failure> {
    if !json {
        return say(outcome.text());
    }
    say_aside(outcome.text());
    say(outcome.json())
}
