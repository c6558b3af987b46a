//! The measurement itself.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use steadfast_model::ids::{HostId, InstanceId};
use steadfast_store::Counts;

use super::results::{PerBoot, Series};
use super::{Load, Rig};
use crate::exit::Failure;

/// Requests that are open at a time. Fewer leave the store waiting for work; more only wait in it.
const REQUESTS_OPEN: usize = 64;
/// How often it is looked whether all is over.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_millis(1);
/// How long a run may take: longer is no figure but a fault.
const RUN_TIMEOUT: Duration = Duration::from_secs(300);
const FLAVOR: &str = "gpu";
const IMAGE: &str = "empty";

/// Measures one engine: boots and evacuations, each as often as the load says.
///
/// # Errors
/// When a run does not come to its end.
pub async fn measure(engine: &str, rig: &mut Rig, load: Load) -> Result<[Series; 2], Failure> {
    let (mut boots, mut evacuations, mut cost) = (Vec::new(), Vec::new(), Cost::default());
    for run in 0..load.runs {
        let before = rig.world.store().counts();
        boots.push(boot(rig, load, run).await?);
        cost.add(before, rig.world.store().counts());
        evacuations.push(evacuate(rig).await?);
        clear(rig).await?;
    }
    // What is kept in memory is never flushed.
    cost.commits = if engine == "memory" { 0 } else { cost.commits };
    let booted = f64::from(load.instances) * f64::from(load.runs);
    let series = |figure: &str, runs, per_boot| Series { name: format!("{engine}/{figure}"), runs, per_boot };
    Ok([series("boots_per_s", boots, Some(cost.per(booted))), series("evacuations_per_s", evacuations, None)])
}

/// What the store did during the boots of all runs.
#[derive(Debug, Default)]
struct Cost {
    transactions: u64,
    round_trips: u64,
    commits: u64,
}

impl Cost {
    fn add(&mut self, before: Counts, after: Counts) {
        self.transactions += after.transactions - before.transactions;
        self.round_trips += after.round_trips - before.round_trips;
        self.commits += after.commits - before.commits;
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
    fn per(&self, boots: f64) -> PerBoot {
        PerBoot {
            transactions: self.transactions as f64 / boots,
            round_trips: self.round_trips as f64 / boots,
            fsyncs: self.commits as f64 / boots,
        }
    }
}

async fn boot(rig: &Rig, load: Load, run: u16) -> Result<f64, Failure> {
    let image = rig.api.image(IMAGE).await?;
    let begun = Instant::now();
    let requests = (0..load.instances)
        .map(|n| async move { rig.api.boot_anywhere(&format!("vm{run}-{n}"), FLAVOR, image).await });
    all(requests).await?;
    until_rest(rig, begun).await?;
    let figure = rate(load.instances.into(), begun);
    require_active(rig, load.instances.into()).await?;
    Ok(figure)
}

/// Kills half the hosts, asserts them down, and evacuates everything that was on them. Only the last is measured.
async fn evacuate(rig: &mut Rig) -> Result<f64, Failure> {
    let dead = half(rig);
    let servers = rig.api.servers().await?;
    let here = |host: &Option<HostId>| host.as_ref().is_some_and(|host| dead.contains(host));
    let stranded: Vec<InstanceId> =
        servers.iter().filter(|server| here(&server.host)).map(|server| server.id).collect();
    rig.kill(&dead).await?;
    for host in &dead {
        rig.api.force_down(host).await?;
    }
    let begun = Instant::now();
    all(stranded.iter().map(|id| rig.api.evacuate(*id))).await?;
    until_rest(rig, begun).await?;
    let figure = rate(stranded.len(), begun);
    require_active(rig, servers.len()).await?;
    Ok(figure)
}

/// Brings the dead hosts back, deletes everything, and waits until nothing is held any more.
async fn clear(rig: &mut Rig) -> Result<(), Failure> {
    let dead = half(rig);
    rig.start_agents(&dead)?;
    rig.wait_until_counted().await?;
    let servers = rig.api.servers().await?;
    all(servers.iter().map(|server| rig.api.delete(server.id))).await?;
    let begun = Instant::now();
    while rig.claims().await? > 0 {
        check(begun)?;
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}

fn half(rig: &Rig) -> Vec<HostId> {
    rig.hosts[..rig.hosts.len() / 2].to_vec()
}

/// Does all requests, a number of them at a time.
async fn all<T>(
    requests: impl Iterator<Item = impl Future<Output = Result<T, Failure>>>,
) -> Result<(), Failure> {
    stream::iter(requests).buffer_unordered(REQUESTS_OPEN).try_for_each(|_| async { Ok(()) }).await
}

async fn until_rest(rig: &Rig, begun: Instant) -> Result<(), Failure> {
    while !rig.is_at_rest().await? {
        check(begun)?;
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}

fn check(begun: Instant) -> Result<(), Failure> {
    if begun.elapsed() < RUN_TIMEOUT {
        return Ok(());
    }
    Err(Failure::because(format_args!("a run is not over after {} s", RUN_TIMEOUT.as_secs())))
}

/// A figure counts only if everything that was asked for is there.
async fn require_active(rig: &Rig, count: usize) -> Result<(), Failure> {
    let servers = rig.api.servers().await?;
    let active = servers.iter().filter(|server| server.status == "ACTIVE").count();
    if active == count {
        return Ok(());
    }
    let why = servers.into_iter().find_map(|server| server.fault).map(|fault| fault.message);
    Err(Failure::because(format_args!("{active} of {count} servers run: {}", why.unwrap_or_default())))
}

#[allow(clippy::cast_precision_loss, reason = "a benchmark's counts are far below 2^52")]
fn rate(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}
