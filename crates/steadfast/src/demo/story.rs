//! The acts of the demonstration, in order.

use steadfast_model::ids::{HostId, InstanceId};
use steadfast_model::invariant::guests;
use steadfast_model::ledger::Event;
use steadfast_model::migration::MigrationStatus;
use steadfast_store::Snapshot;

use super::Script;
use super::bug::Audits;
use super::holding::{self, Holding};
use super::outcome::Outcome;
use super::stage::Stage;
use super::timeline::Timeline;
use super::verdict::judge;
use crate::exit::Failure;
use crate::site::Layout;
use crate::verify::Findings;
use crate::world::now;

/// How many hosts are lost before it is believed that the planted bug does not show.
const ROUNDS_MAX: usize = 50;

/// Plays everything on a site made for it in an empty directory, and says what came of it. Nothing of ours runs
/// afterwards, but guests may: whoever made the directory ends them.
///
/// # Errors
/// When it could not be played to its end.
pub async fn tell(script: Script, layout: Layout, timeline: Timeline) -> Result<Outcome, Failure> {
    let mut stage = Stage::set_up(script, layout, timeline).await?;
    let played = play(&mut stage, script).await;
    let stopped = stage.site.stop().await;
    let outcome = played?;
    stopped?;
    Ok(outcome)
}

async fn play(stage: &mut Stage, script: Script) -> Result<Outcome, Failure> {
    let hosts = stage.site.hosts.clone();
    let mut victim = hosts.first().expect("a site has a host").clone();
    stage.timeline.say(format_args!("a control plane and {} hosts run, each a process", hosts.len()))?;
    stage.boot(script.instances, &victim).await?;
    let mut reports = 0;
    for round in 1.. {
        let before = stage.snapshot().await?;
        let audits = script.with_bug.then(|| begin_audits(stage, &victim)).transpose()?;
        reports += lose(stage, &victim, &before).await?;
        bring_back(stage, &victim).await?;
        let harmless = audits.is_some_and(|audits| audits.freed() == 0);
        if !harmless || round == ROUNDS_MAX {
            return conclude(stage, script, victim, reports, &holding::of_store(&before)).await;
        }
        victim = fullest(&stage.snapshot().await?, &victim);
        stage.timeline.say(format_args!("the audits freed nothing yet; {victim} is next"))?;
    }
    unreachable!("the last round concludes")
}

fn begin_audits(stage: &Stage, victim: &HostId) -> Result<Audits, Failure> {
    let living = stage.site.hosts.iter().filter(|host| *host != victim).cloned().collect();
    stage.timeline.say("audits of old run: they read twice, and free what they saw neither time")?;
    Audits::begin(&stage.site.store, living)
}

/// A host dies, is asserted down, and everything on it is evacuated. Answers how many reports came meanwhile.
async fn lose(stage: &mut Stage, victim: &HostId, before: &Snapshot) -> Result<u64, Failure> {
    let held = holding::of_store(before);
    let here: Vec<Holding> = held.into_iter().filter(|holding| holding.host == *victim).collect();
    let devices: usize = here.iter().map(|holding| holding.devices.len()).sum();
    stage
        .timeline
        .say(format_args!("{} instances run on {victim} and hold {devices} devices", here.len()))?;

    let pid = stage.site.kill_agent(victim).await?.unwrap_or_default();
    stage.timeline.say(format_args!("kill -9: the agent of {victim}, process {pid}"))?;
    let seen = stage.guests_on(victim).await?;
    let owned: Vec<_> = before.rows.devices.iter().filter(|device| device.host == *victim).cloned().collect();
    let truth = judge(&here, &here, &owned, &seen);
    if !truth.is_clean() {
        let differences = truth.sentences.join("; ");
        return Err(Failure::because(format_args!("{victim} was not as the store had it: {differences}")));
    }
    stage.site.kill_host(victim).await?;
    stage.timeline.say(format_args!("{victim} loses power: its {} guests are dead", here.len()))?;

    stage.api.force_down(victim).await?;
    stage.timeline.say(format_args!("{victim} is asserted down, which frees nothing"))?;
    let before = stage.reports().await?;
    stage.timeline.say(format_args!("evacuate {} instances, while every host reports", here.len()))?;
    let instances: Vec<InstanceId> = here.iter().map(|holding| holding.instance).collect();
    stage.evacuate(&instances, victim).await?;
    let reports = stage.reports().await?.saturating_sub(before);
    stage.timeline.say(format_args!("all are at home elsewhere; {reports} reports came meanwhile"))?;
    Ok(reports)
}

/// The host boots anew, is told what must go, and lets go of it.
async fn bring_back(stage: &mut Stage, victim: &HostId) -> Result<(), Failure> {
    let pid = stage.site.start_agent(victim)?;
    stage.timeline.say(format_args!("{victim} is back (process {pid}), and is told what must go"))?;
    stage.wait_until_empty(victim).await?;
    let said =
        format_args!("{victim} destroyed the old guests and reset its GPUs: only now its devices are free");
    stage.timeline.say(said)?;
    Ok(())
}

/// The host with the most instances, other than the one that was just lost.
fn fullest(snapshot: &Snapshot, lost: &HostId) -> HostId {
    let count = |host: &HostId| snapshot.rows.claims.iter().filter(|claim| claim.host == *host).count();
    let others = snapshot.rows.hosts.iter().map(|host| &host.id).filter(|host| *host != lost);
    others.max_by_key(|host| count(host)).unwrap_or(lost).clone()
}

/// Compares the books with the guests.
async fn conclude(
    stage: &mut Stage,
    script: Script,
    killed_host: HostId,
    reports: u64,
    before: &[Holding],
) -> Result<Outcome, Failure> {
    let observed = stage.all_guests().await?;
    let snapshot = stage.snapshot().await?;
    let findings = Findings::of(&snapshot, now());
    let of_guests = guests::check(&snapshot.rows, &observed);
    let violations = findings.violations.iter().chain(&of_guests);
    let after = holding::of_store(&snapshot);
    let verdict = judge(before, &after, &snapshot.rows.devices, &observed);
    let migrations = snapshot.rows.migrations.iter();
    Ok(Outcome {
        hosts: stage.site.hosts.clone(),
        hypervisor: script.hypervisor,
        killed_host,
        evacuated: migrations.filter(|row| row.status == MigrationStatus::Done).count(),
        reports,
        granted: snapshot.ledger.iter().filter(|line| line.entry.event == Event::Granted).count(),
        violations: violations.map(|it| format!("{:?}: {}", it.invariant, it.message)).collect(),
        verify_says: findings.summary(),
        verdict,
        duration_ms: stage.timeline.elapsed_ms(),
        before: before.to_vec(),
        after,
    })
}
