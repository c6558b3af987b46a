//! Configuration files: TOML, one for each process, refused as a whole if any key of them is not known.

mod agent;
mod sanitizer;
mod server;
mod unknown_key;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use agent::{AgentConfig, HypervisorKind};
pub use server::ServerConfig;

/// Why a configuration is refused. No error repeats a value of a file that may hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{}, line {line}: {why}", path.display())]
    Malformed { path: PathBuf, line: usize, why: String },
    #[error("{}: {why}", path.display())]
    Refused { path: PathBuf, why: String },
}

/// Reads a file whose shape is `T`.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = read_text(path)?;
    toml::from_str(&text).map_err(|error| {
        // The parser's own rendering quotes the line, which may hold a secret.
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        let why = unknown_key::explain(error.message());
        ConfigError::Malformed { path: path.to_owned(), line, why }
    })
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })
}

/// `path` as the file at `config` means it: relative to the folder of that file.
fn beside(config: &Path, path: &Path) -> PathBuf {
    config.parent().unwrap_or(Path::new("")).join(path)
}

/// Refuses the file at `path` for a reason that its values give.
fn refused(path: &Path) -> impl Fn(String) -> ConfigError {
    move |why| ConfigError::Refused { path: path.to_owned(), why }
}
