//! The command line.

mod explore;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use steadfast_model::ids::{HostId, UserId};
use steadfast_model::pci::{Address, Dirt};

use crate::config::HypervisorKind;

pub use explore::{
    ExploreArgs, ExploreCommand, ExploreStore, ExploreStrategy, Extent, ReplayArgs, ScenarioKind, SeedArgs,
};

/// The most hosts that one machine plays.
const HOSTS_MAX: i64 = 100;
/// The most instances of a demonstration or a measurement.
const INSTANCES_MAX: i64 = 500;
/// The most runs of a measurement.
const RUNS_MAX: i64 = 100;

const EXIT_CODES: &str = "Exit codes: 0 all is well, 1 it could not be done, 2 bad usage, 3 violations were found, 141 nobody reads the output";

#[derive(Debug, Parser)]
#[command(
    name = "steadfast",
    version,
    about = "Tracks what compute hosts have, and keeps every claim right while hosts fail and instances move",
    after_help = EXIT_CODES,
    max_term_width = 110
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the main job: kill a host, evacuate it while every host reports, and show that no device was lost
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Keep a whole site running on this machine: a control plane and hosts, each a process
    #[command(after_help = UP_EXAMPLES)]
    Up(UpArgs),
    /// Run a control plane
    #[command(after_help = SERVER_EXAMPLES)]
    Server(ServiceArgs),
    /// Run the agent of a host
    #[command(after_help = AGENT_EXAMPLES)]
    Agent(ServiceArgs),
    /// Steer a host where the API has no call for it
    #[command(after_help = HOST_EXAMPLES)]
    Host(HostArgs),
    /// Check a store: say what is in flight, what does not fit, and what should be impossible
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Measure boots and evacuations per second, from HTTP request to the agents' confirmation
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(BenchArgs),
    /// Explore every order of events on the shipped code, and explain what goes wrong
    #[command(after_help = explore::EXAMPLES)]
    Explore(ExploreArgs),
    /// Hash a password, read from standard input, for the users file
    #[command(after_help = PASSWORD_EXAMPLES)]
    Password,
}

const DEMO_EXAMPLES: &str = "\
Examples:
  steadfast demo                           the main job, on QEMU if it is installed
  steadfast demo --hypervisor sim          without any hypervisor
  steadfast demo --hosts 5 --instances 40  more of everything
  steadfast demo --json                    one JSON object on standard output
  steadfast demo --with-bug                with the audit that lost devices: shows the loss, exits 3

Exit codes: 0 no device was lost, doubled or leaked; 1 it could not be run; 2 bad usage; 3 one was";

const UP_EXAMPLES: &str = "\
Examples:
  steadfast up                             a fresh site in ./steadfast-site, or the one that is there
  steadfast up --dir /srv/lab --hosts 5    five hosts
  steadfast up --hypervisor qemu           guests are QEMU processes
  steadfast up host kill host1             host1 loses power: its agent and its guests die
  steadfast up host start host1            host1 comes back

A directory that holds a site is resumed as it was left; --hosts, --hypervisor, --store and --listen make a
fresh one. What dies is not restarted. Ctrl-C stops the site, and so does a closed standard output.

Exit codes: 0 stopped as asked, 1 it could not be done, 2 bad usage";

const SERVER_EXAMPLES: &str = "\
Examples:
  steadfast server --config /etc/steadfast/server.toml
  STEADFAST_LOG=debug steadfast server --config server.toml --log-format json

Exit codes: 0 stopped as asked, 1 it could not be done, 2 bad usage or configuration";

const AGENT_EXAMPLES: &str = "\
Examples:
  steadfast agent --config /etc/steadfast/agent.toml
  STEADFAST_LOG=debug steadfast agent --config agent.toml --log-format json

An agent may be killed at any time: its guests run on, and its next life finds them.

Exit codes: 0 stopped as asked, 1 it could not be done, 2 bad usage or configuration";

const HOST_EXAMPLES: &str = "\
Examples:
  steadfast host readmit host1                        host1, whose service was deleted, may register again
  steadfast host assert-clean host1 0000:3b:00.0 3.1  its agent cannot sanitise it; you say it is clean";

const READMIT_EXAMPLES: &str = "\
Examples:
  steadfast host readmit host1                                      in the site in ./steadfast-site
  steadfast host readmit host1 --store sqlite:/var/lib/steadfast.db
  steadfast host readmit host1 --store postgres://steadfast@db/steadfast --by ann

A host is removed when its service is deleted: openstack compute service delete. Once it is re-admitted its agent
registers. It is quarantined, and no instance comes there, until its agent reports without unknown guests.

Exit codes: 0 re-admitted, 1 it could not be done, 2 bad usage";

const ASSERT_CLEAN_EXAMPLES: &str = "\
Examples:
  steadfast host assert-clean host1 0000:3b:00.0 3.1         in the site in ./steadfast-site
  steadfast host assert-clean host1 0000:3b:00.0 3.1 --store sqlite:/var/lib/steadfast.db
  steadfast host assert-clean host1 0000:3b:00.0 3.1 --store postgres://steadfast@db/site --by ann

A device is dirty from when a guest may have used it until its agent has sanitised it; steadfast verify lists those that
are, of what, and why an agent cannot. Whoever asserts that one is clean of that has made sure of it: the next instance
gets it as it is. If it was used again since, the word counts for nothing. The ledger keeps whose word it was.

Exit codes: 0 asserted, 1 it could not be done, 2 bad usage";

const VERIFY_EXAMPLES: &str = "\
Examples:
  steadfast verify                                       the site in ./steadfast-site
  steadfast verify --store sqlite:/var/lib/steadfast.db
  steadfast verify --store postgres://steadfast@db/steadfast --json

It reads one snapshot and changes nothing.

Exit codes: 0 clean, 1 could not check, 2 bad usage, 3 violations";

const BENCH_EXAMPLES: &str = "\
Examples:
  steadfast bench                                  SQLite, PostgreSQL if it is installed, memory
  steadfast bench --json > bench.json
  steadfast bench --store postgres://steadfast@db/empty --runs 3

Each run boots instances with a device each on simulated hosts, kills half of the hosts and evacuates what was on
them. A store that is named must be empty; it is left with what was measured in it.

Exit codes: 0 measured, 1 it could not be done, 2 bad usage";

const PASSWORD_EXAMPLES: &str = "\
Examples:
  printf %s \"$PASSWORD\" | steadfast password";

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Print one JSON object on standard output; the timeline goes to standard error
    #[arg(long)]
    pub json: bool,
    /// What runs the guests [default: qemu if qemu-system-x86_64 is found, else sim]
    #[arg(long, value_enum)]
    pub hypervisor: Option<HypervisorKind>,
    /// Run the audit that lost devices beside the reports, until the loss shows
    #[arg(long)]
    pub with_bug: bool,
    /// How many hosts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(2..=HOSTS_MAX))]
    pub hosts: u16,
    /// How many instances
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=INSTANCES_MAX))]
    pub instances: u16,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct UpArgs {
    #[command(flatten)]
    pub site: SiteArgs,
    #[command(subcommand)]
    pub command: Option<UpCommand>,
}

#[derive(Debug, Args)]
pub struct SiteArgs {
    #[command(flatten)]
    pub dir: DirArgs,
    /// How many hosts a fresh site has [default: 3]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=HOSTS_MAX))]
    pub hosts: Option<u16>,
    /// What runs the guests of a fresh site [default: sim]
    #[arg(long, value_enum)]
    pub hypervisor: Option<HypervisorKind>,
    /// The store of a fresh site: sqlite:PATH or postgres://… [default: steadfast.db in its directory]
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Where a fresh site's API listens [default: 127.0.0.1:8774]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

#[derive(Debug, Clone, Args)]
pub struct DirArgs {
    /// The site's directory
    #[arg(long, value_name = "DIR", default_value = DIR)]
    pub dir: PathBuf,
}

/// The directory of a site that is not named.
pub const DIR: &str = "steadfast-site";

#[derive(Debug, Subcommand)]
pub enum UpCommand {
    /// Play the death or the return of one host of a site that is up
    Host {
        #[command(subcommand)]
        command: HostCommand,
    },
}

#[derive(Debug, Subcommand)]
pub enum HostCommand {
    /// The host loses power: its agent and its guests die
    Kill {
        host: HostId,
        #[command(flatten)]
        dir: DirArgs,
    },
    /// The host's agent starts; after a kill, the host has booted anew
    Start {
        host: HostId,
        #[command(flatten)]
        dir: DirArgs,
    },
}

#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// Its TOML configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// How log lines look, on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// End when this process, the parent, does
    #[arg(long, value_name = "PID", hide = true)]
    pub tied_to: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct StoreArgs {
    /// The store: sqlite:PATH or postgres://… [default: that of ./steadfast-site]
    #[arg(
        long = "store",
        value_name = "URL",
        default_value_t = format!("sqlite:{DIR}/steadfast.db"),
        hide_default_value = true
    )]
    pub url: String,
}

#[derive(Debug, Args)]
pub struct HostArgs {
    #[command(subcommand)]
    pub command: SteerCommand,
}

#[derive(Debug, Subcommand)]
pub enum SteerCommand {
    /// Let a host that was removed register again
    #[command(after_help = READMIT_EXAMPLES)]
    Readmit(ReadmitArgs),
    /// Say that a dirty device is clean, where its agent cannot sanitise it
    #[command(after_help = ASSERT_CLEAN_EXAMPLES)]
    AssertClean(AssertCleanArgs),
}

#[derive(Debug, Args)]
pub struct ReadmitArgs {
    /// The host that was removed
    pub host: HostId,
    #[command(flatten)]
    pub store: StoreArgs,
    /// Who asks for it [default: whoever runs this]
    #[arg(long, value_name = "NAME")]
    pub by: Option<UserId>,
}

#[derive(Debug, Args)]
pub struct AssertCleanArgs {
    /// The device's host
    pub host: HostId,
    /// The device's PCI address, such as 0000:3b:00.0
    pub device: Address,
    /// What it is dirty of, as steadfast verify names it: a claim, or a count of the host such as 3.1
    pub dirt: Dirt,
    #[command(flatten)]
    pub store: StoreArgs,
    /// Whose word it is [default: that of whoever runs this]
    #[arg(long, value_name = "NAME")]
    pub by: Option<UserId>,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub store: StoreArgs,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Print one JSON object on standard output
    #[arg(long)]
    pub json: bool,
    /// Measure this store only: memory:, sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// How many instances
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=INSTANCES_MAX))]
    pub instances: u16,
    /// How often each figure is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=RUNS_MAX))]
    pub runs: u16,
    /// How many hosts
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..=HOSTS_MAX))]
    pub hosts: u16,
}
