//! Makes a site's directory: configurations, keys, users, an image, hosts.

use std::fmt::Display;
use std::fs::{self, DirBuilder};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use steadfast_model::ids::HostId;
use steadfast_server::agent::key::AgentKey;

use super::inventory::{GPU, NIC, NIC_VF, simulated};
use super::{Layout, secret};
use crate::command::password;
use crate::config::HypervisorKind;
use crate::exit::Failure;

/// What a fresh site shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub hosts: u16,
    pub hypervisor: HypervisorKind,
    /// The store's URL; none for a file in the directory.
    pub store: Option<String>,
    pub listen: SocketAddr,
    /// How often each agent reports although nothing happened.
    pub report_interval_ms: u64,
    /// How many instances with devices each host shall have room for.
    pub instances: u16,
    /// Whether the GPUs are sanitised between two instances.
    pub sanitizes: bool,
}

/// Only its owner looks into a site: it holds keys and passwords.
const DIR_MODE: u32 = 0o700;
/// How soon the agents of a site ask again: everything is on one machine.
const RETRY_INTERVAL_MS: u64 = 200;
/// How often a site's control plane looks for unfinished operations.
const SWEEP_INTERVAL_MS: u64 = 1_000;

/// Whether the directory holds a site already.
#[must_use]
pub fn is_site(layout: &Layout) -> bool {
    layout.server().is_file()
}

/// Makes the directory, if it is not there, and refuses one that holds anything else.
///
/// # Errors
/// When it cannot be made, or is somebody else's.
pub fn make_dir(layout: &Layout) -> Result<(), Failure> {
    let dir = layout.dir();
    let cannot = || Failure::cannot(format!("make {}", dir.display()));
    DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir).map_err(cannot())?;
    if is_site(layout) {
        return Ok(());
    }
    // What a site that was not finished left behind is written over.
    let ours = ["users.toml", "site.key", "clouds.yaml", "images", "agents", "hosts", "log", "up.lock"];
    for entry in fs::read_dir(dir).map_err(cannot())? {
        let name = entry.map_err(cannot())?.file_name();
        if !ours.iter().any(|ours| name == *ours) && name != Layout::SOCKET {
            return Err(Failure::Usage(format!(
                "{} holds no site and is not empty ({} is there); name another directory with --dir",
                dir.display(),
                name.display()
            )));
        }
    }
    Ok(())
}

/// Writes everything that a site is made of. The file that makes the directory a site comes last, so that one that
/// was not finished is begun anew.
///
/// # Errors
/// When a file cannot be written.
pub fn make(layout: &Layout, plan: &Plan) -> Result<(), Failure> {
    let hosts: Vec<HostId> =
        (1..=plan.hosts).map(|n| format!("host{n}").parse().expect("it is a name")).collect();
    let mut keys = Vec::new();
    for host in hosts {
        let key = secret::fresh()?;
        make_host(layout, plan, &host, &key).map_err(cannot_write(layout))?;
        let hash = AgentKey::parse(&key).map_err(Failure::because)?.hash();
        keys.push(format!("{} = \"{hash}\"", quoted(&host)));
    }
    let admin = secret::fresh()?;
    let users = users(&password::hash(&admin)?);
    let site_key = secret::fresh()?;
    let write = || -> io::Result<()> {
        fs::create_dir_all(layout.images())?;
        fs::write(layout.images().join("empty.toml"), image())?;
        secret::write(&layout.users(), &users)?;
        secret::write(&layout.site_key(), &site_key)?;
        secret::write(&layout.clouds(), &clouds(plan.listen, &admin))?;
        secret::write(&layout.server(), &server(plan, &keys.join("\n")))
    };
    write().map_err(cannot_write(layout))
}

fn cannot_write(layout: &Layout) -> impl Fn(io::Error) -> Failure {
    Failure::cannot(format!("write to {}", layout.dir().display()))
}

fn make_host(layout: &Layout, plan: &Plan, host: &HostId, key: &str) -> io::Result<()> {
    fs::create_dir_all(layout.agents())?;
    simulated(plan.instances).describe(&layout.host(host))?;
    secret::write(&layout.agent_key(host), key)?;
    secret::write(&layout.agent(host), &agent(plan, host))
}

/// A TOML string.
fn quoted(text: impl Display) -> String {
    toml::Value::String(text.to_string()).to_string()
}

fn server(plan: &Plan, keys: &str) -> String {
    let ((gpu_vendor, gpu), (vf_vendor, vf)) = (GPU, NIC_VF);
    let store = quoted(plan.store.as_deref().unwrap_or("sqlite:steadfast.db"));
    let listen = plan.listen;
    format!(
        "\
# The control plane of this site: steadfast server --config server.toml
# Paths are relative to this file.

listen = \"{listen}\"
endpoint = \"http://{listen}\"
region = \"RegionOne\"
store = {store}
users = \"users.toml\"
site_key = \"site.key\"
images = \"images\"
sweep_interval_ms = {SWEEP_INTERVAL_MS}

# What flavors may ask for with pci_passthrough:alias.
[[alias]]
name = \"gpu\"
vendor_id = \"{gpu_vendor}\"
product_id = \"{gpu}\"
device_type = \"type-PCI\"

[[alias]]
name = \"nic-vf\"
vendor_id = \"{vf_vendor}\"
product_id = \"{vf}\"
device_type = \"type-VF\"

# The SHA-256 of the key of each host's agent.
[agents]
{keys}
"
    )
}

fn agent(plan: &Plan, host: &HostId) -> String {
    let Plan { listen, report_interval_ms, hypervisor, sanitizes, .. } = plan;
    let sanitizer = if *sanitizes { "sanitizer = \"reset\"\n" } else { "" };
    let kind = hypervisor.name();
    let (key, directory) = (quoted(format!("{host}.key")), quoted(format!("../hosts/{host}")));
    let ((gpu_vendor, gpu), (vf_vendor, vf), (pf_vendor, pf)) = (GPU, NIC_VF, NIC);
    let host = quoted(host);
    format!(
        "\
# The agent of one host: steadfast agent --config FILE
# Paths are relative to this file.

host = {host}
control = \"http://{listen}\"
key = {key}
report_interval_ms = {report_interval_ms}
retry_interval_ms = {RETRY_INTERVAL_MS}

[hypervisor]
kind = \"{kind}\"
directory = {directory}

# The host is an imagined one, described by inventory.json in its directory.
[inventory]
source = \"file\"

# Which of its devices may be given to instances. With sanitizer = \"reset\" one is reset between two of them.
[[device_spec]]
vendor_id = \"{gpu_vendor}\"
product_id = \"{gpu}\"
{sanitizer}
[[device_spec]]
vendor_id = \"{pf_vendor}\"
product_id = \"{pf}\"

[[device_spec]]
vendor_id = \"{vf_vendor}\"
product_id = \"{vf}\"
"
    )
}

fn users(hash: &str) -> String {
    let (project, user) = (crate::world::id().simple(), crate::world::id().simple());
    format!(
        "\
# Who may log in. The passwords are hashes: make one with steadfast password.

[[projects]]
id = \"{project}\"
name = \"admin\"

[[users]]
id = \"{user}\"
name = \"admin\"
password = \"{hash}\"
default_project = \"admin\"
roles = {{ admin = \"admin\" }}
"
    )
}

fn image() -> String {
    let id = crate::world::id();
    format!(
        "\
# An image without data: no guest of this site boots from a disk.

id = \"{id}\"
name = \"empty\"
disk_format = \"raw\"
container_format = \"bare\"
"
    )
}

fn clouds(listen: SocketAddr, password: &str) -> String {
    format!(
        "\
# How OpenStack's clients log in: OS_CLIENT_CONFIG_FILE=this file, OS_CLOUD=steadfast
clouds:
  steadfast:
    auth:
      auth_url: http://{listen}/identity/v3
      username: admin
      password: {password}
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    identity_api_version: 3
"
    )
}

/// The administrator's password, as `clouds.yaml` has it.
///
/// # Errors
/// When the file is not the one that was made here.
pub fn admin_password(layout: &Layout) -> Result<String, Failure> {
    let path = layout.clouds();
    let text = fs::read_to_string(&path).map_err(Failure::cannot(format_args!("read {}", path.display())))?;
    let password = text.lines().find_map(|line| line.trim().strip_prefix("password: "));
    password
        .map(str::to_owned)
        .ok_or_else(|| Failure::because(format_args!("{} names no password", path.display())))
}

/// The hosts of a site, by name.
///
/// # Errors
/// When the directory cannot be read.
pub fn hosts(layout: &Layout) -> Result<Vec<HostId>, Failure> {
    let agents = layout.agents();
    let cannot = || Failure::cannot(format!("read {}", agents.display()));
    let mut hosts = Vec::new();
    for entry in fs::read_dir(&agents).map_err(cannot())? {
        let path = entry.map_err(cannot())?.path();
        hosts.extend(host_of(&path));
    }
    hosts.sort_by_key(|host: &HostId| (host.as_str().len(), host.clone()));
    Ok(hosts)
}

/// The host whose agent's configuration the file is.
fn host_of(path: &Path) -> Option<HostId> {
    let toml = path.extension().is_some_and(|extension| extension == "toml");
    toml.then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
}
