//! `steadfast up`: keeps a site on this machine.

use std::net::SocketAddr;
use std::path::Path;

use steadfast_model::ids::HostId;

use super::tie;
use crate::cli::{DirArgs, HostCommand, SiteArgs, UpArgs, UpCommand};
use crate::config::HypervisorKind;
use crate::exit::{Exit, Failure};
use crate::say::say;
use crate::site::door::{self, Request};
use crate::site::{Layout, Plan, Site, fresh};

/// What a fresh site is, if nobody says.
const HOSTS: u16 = 3;
const LISTEN: &str = "127.0.0.1:8774";
const REPORT_INTERVAL_MS: u64 = 1_000;
const INSTANCES_PER_HOST: u16 = 8;

pub async fn run(args: UpArgs) -> Result<Exit, Failure> {
    match args.command {
        None => keep(args.site).await,
        Some(UpCommand::Host { command: HostCommand::Kill { host, dir } }) => {
            ask(&dir, Request::KillHost(host)).await
        }
        Some(UpCommand::Host { command: HostCommand::Start { host, dir } }) => {
            ask(&dir, Request::StartHost(host)).await
        }
    }
}

async fn ask(dir: &DirArgs, request: Request) -> Result<Exit, Failure> {
    say(door::ask(&layout(dir)?, &request).await?)?;
    Ok(Exit::Clean)
}

fn layout(dir: &DirArgs) -> Result<Layout, Failure> {
    Layout::at(&dir.dir).map_err(Failure::cannot("find the present directory"))
}

async fn keep(args: SiteArgs) -> Result<Exit, Failure> {
    let mut ending = tie::Ending::listen()?;
    let layout = layout(&args.dir)?;
    if fresh::is_site(&layout) {
        refuse_changes(&args)?;
    }
    let mut site = Site::take(layout, || plan(&args))?;
    match tend(&mut site, &mut ending, &args.dir.dir).await.and_then(|()| say("stopping")) {
        Ok(()) => site.stop().await?,
        // There is nobody to tell how the site fares any more: it is stopped as if that had been asked.
        Err(Failure::Unread) => {
            site.stop().await?;
            return Err(Failure::Unread);
        }
        Err(failure) => return Err(failure),
    }
    if site.hypervisor == HypervisorKind::Qemu {
        say("guests run on; they are found again when the site is resumed")?;
    }
    Ok(Exit::Clean)
}

/// Starts the site, and does what is asked of it until that is to end.
async fn tend(site: &mut Site, ending: &mut tie::Ending, dir: &Path) -> Result<(), Failure> {
    let mut visits = door::open(&site.layout)?;
    introduce(site, dir)?;
    tokio::select! {
        started = site.start() => started?,
        () = ending.asked() => return Ok(()),
    }
    say(format_args!("ready\n\n{}", suggestions(site, dir)))?;
    loop {
        tokio::select! {
            () = ending.asked() => return Ok(()),
            Some(visit) = visits.recv() => {
                let done = play(site, &visit.request).await;
                let read = done.as_ref().map_or(Ok(()), say);
                visit.answer(done).await;
                read?;
            }
            () = site.an_end() => {
                for obituary in site.bury()? {
                    say(format_args!("{obituary}; it is not restarted"))?;
                }
            }
        }
    }
}

/// What makes a fresh site cannot be changed by resuming it.
fn refuse_changes(args: &SiteArgs) -> Result<(), Failure> {
    let SiteArgs { dir, hosts, hypervisor, store, listen } = args;
    let given = [
        ("--hosts", hosts.is_some()),
        ("--hypervisor", hypervisor.is_some()),
        ("--store", store.is_some()),
        ("--listen", listen.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::Usage(format!(
            "{} holds a site, which is resumed as it is; leave {option} out, or name another directory with --dir",
            dir.dir.display()
        ))),
    }
}

fn plan(args: &SiteArgs) -> Result<Plan, Failure> {
    let listen: SocketAddr = match args.listen {
        Some(listen) => listen,
        None => LISTEN.parse().expect("it is an address"),
    };
    Ok(Plan {
        hosts: args.hosts.unwrap_or(HOSTS),
        hypervisor: args.hypervisor.unwrap_or(HypervisorKind::Sim),
        store: args.store.as_deref().map(own_store).transpose()?,
        listen: crate::site::listen::free(listen)?,
        report_interval_ms: REPORT_INTERVAL_MS,
        instances: INSTANCES_PER_HOST,
        sanitizes: false,
    })
}

/// A store's URL whose path does not depend on where the site is started next.
fn own_store(url: &str) -> Result<String, Failure> {
    match url.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => {
            let path = std::path::absolute(path).map_err(Failure::cannot("find the present directory"))?;
            Ok(format!("sqlite:{}", path.display()))
        }
        Some(("postgres" | "postgresql", _)) => Ok(url.to_owned()),
        _ => Err(Failure::Usage(
            "--store names no store that a site can keep: write sqlite:PATH or postgres://USER@HOST/DATABASE"
                .to_owned(),
        )),
    }
}

async fn play(site: &mut Site, request: &Request) -> Result<String, Failure> {
    match request {
        Request::KillHost(host) => {
            site.kill_host(host).await?;
            Ok(format!("{host} lost power: its agent and its guests are dead"))
        }
        Request::StartHost(host) => {
            let pid = site.start_agent(host)?;
            Ok(format!("{host}'s agent lives: process {pid}"))
        }
    }
}

fn introduce(site: &Site, dir: &Path) -> Result<(), Failure> {
    let (hosts, hypervisor) = (site.hosts.len(), site.hypervisor.name());
    let store = shown(&site.store);
    say(format_args!(
        "a site of {hosts} hosts ({hypervisor}) in {dir}\n  API    http://{listen}\n  store  {store}\n  logs   {logs}",
        dir = dir.display(),
        listen = site.listen,
        logs = dir.join("log").display()
    ))
}

/// A store's URL without the password that may stand in it.
fn shown(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

fn suggestions(site: &Site, dir: &Path) -> String {
    let first = site.hosts.first().map_or("host1", HostId::as_str);
    let clouds = site.layout.clouds();
    format!(
        "\
Try, in another terminal:
  export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=steadfast
  openstack server create --image empty --flavor gpu --nic none --wait vm1
  steadfast up host kill {first} --dir {dir}
  steadfast verify --store {store}
Ctrl-C stops the site.",
        clouds = clouds.display(),
        dir = dir.display(),
        store = shown(&site.store)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_stores_do_not_show() {
        assert_eq!(shown("postgres://me:pa@ss@db:5432/x"), "postgres://db:5432/x");
        assert_eq!(shown("postgres://db/x"), "postgres://db/x");
        assert_eq!(shown("sqlite:/a@b/c"), "sqlite:/a@b/c");
    }
}
