//! `server.toml`: what a control plane is told.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use steadfast_model::ids::HostId;
use steadfast_model::pci::{Alias, Aliases};
use steadfast_server::agent::key::{AgentKeys, KeyHash};
use steadfast_server::identity::directory::Directory;
use steadfast_server::identity::token::Signer;
use steadfast_server::image::folder::Images;
use steadfast_server::{Endpoint, Settings};

use super::{ConfigError, beside, read, read_text, refused};

/// How often unfinished operations are looked for, if the file does not say. Rarer lets an operation whose process
/// died wait longer; more often reads an idle store for nothing.
const SWEEP_INTERVAL_MS: u64 = 10_000;
/// More often than this is a mistyped number.
const SWEEP_INTERVAL_MS_MIN: u64 = 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: SocketAddr,
    endpoint: Option<String>,
    #[serde(default = "region")]
    region: String,
    store: String,
    users: PathBuf,
    site_key: PathBuf,
    images: PathBuf,
    #[serde(default = "sweep_interval_ms")]
    sweep_interval_ms: u64,
    /// The SHA-256 of each host's key.
    #[serde(default)]
    agents: BTreeMap<HostId, String>,
    #[serde(default, rename = "alias")]
    aliases: Vec<Alias>,
}

fn region() -> String {
    "RegionOne".to_owned()
}

fn sweep_interval_ms() -> u64 {
    SWEEP_INTERVAL_MS
}

/// A control plane's configuration, read and checked as a whole.
#[derive(Debug)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// The store's URL; a relative path in it is already resolved.
    pub store: String,
    pub sweep_interval_ms: u64,
    pub settings: Settings,
}

impl ServerConfig {
    /// Reads a configuration and every file that it names.
    ///
    /// # Errors
    /// The first thing that is not right, and where.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let File {
            listen,
            endpoint,
            region,
            store,
            users,
            site_key,
            images,
            sweep_interval_ms,
            agents,
            aliases,
        } = read(path)?;
        let refused = refused(path);
        if sweep_interval_ms < SWEEP_INTERVAL_MS_MIN {
            return Err(refused(format!("sweep_interval_ms must be at least {SWEEP_INTERVAL_MS_MIN}")));
        }
        let endpoint = endpoint.unwrap_or_else(|| format!("http://{listen}"));
        let endpoint: Endpoint = endpoint.parse().map_err(|e| refused(format!("endpoint: {e}")))?;
        let users = beside(path, &users);
        let directory = Directory::parse(&read_text(&users)?)
            .map_err(|e| ConfigError::Refused { path: users, why: e.to_string() })?;
        let site_key = beside(path, &site_key);
        let key =
            fs::read(&site_key).map_err(|error| ConfigError::Unreadable { path: site_key.clone(), error })?;
        let signer =
            Signer::new(&key).map_err(|e| ConfigError::Refused { path: site_key, why: e.to_string() })?;
        let images = Images::read(&beside(path, &images)).map_err(|e| refused(format!("images: {e}")))?;
        let agents = agent_keys(agents).map_err(&refused)?;
        let aliases = Aliases::new(aliases).map_err(|e| refused(e.to_string()))?;
        let store = resolve(path, store);
        let settings = Settings { endpoint, region, directory, signer, images, agents, aliases };
        Ok(ServerConfig { listen, store, sweep_interval_ms, settings })
    }

    /// The store and the listener that a configuration names, without the files that it names.
    ///
    /// # Errors
    /// When the file itself is not right.
    pub fn read_place(path: &Path) -> Result<(String, SocketAddr), ConfigError> {
        let File { store, listen, .. } = read(path)?;
        Ok((resolve(path, store), listen))
    }
}

fn agent_keys(hashes: BTreeMap<HostId, String>) -> Result<AgentKeys, String> {
    let parsed = hashes.into_iter().map(|(host, hash)| match KeyHash::parse(&hash) {
        Ok(hash) => Ok((host, hash)),
        Err(why) => Err(format!("agents, {host}: {why}")),
    });
    Ok(AgentKeys::new(parsed.collect::<Result<_, _>>()?))
}

/// A store's URL with a path that does not depend on where the process stands.
fn resolve(config: &Path, store: String) -> String {
    match store.strip_prefix("sqlite:") {
        Some(path) => format!("sqlite:{}", beside(config, Path::new(path)).display()),
        None => store,
    }
}
