//! What is where in a site's directory.
//!
//! ```text
//! DIR/server.toml       the control plane's configuration; its presence makes DIR a site
//! DIR/users.toml        who may log in
//! DIR/site.key          what tokens are signed with
//! DIR/clouds.yaml       how clients log in: cloud `steadfast`
//! DIR/images/           the images
//! DIR/agents/HOST.toml  the agent's configuration, with its key in HOST.key
//! DIR/hosts/HOST/       the host itself: its guests
//! DIR/steadfast.db      the store, unless another was named
//! DIR/site.json         what runs, and where
//! DIR/log/              what each process had to say
//! DIR/up.lock           held by the `steadfast up` that keeps the site
//! DIR/up.sock           where it listens
//! ```

use std::io;
use std::path::{Path, PathBuf};

use steadfast_model::ids::HostId;

/// A site's directory, absolute, so that no process depends on where it was started.
#[derive(Debug, Clone)]
pub struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// # Errors
    /// When the present directory is gone.
    pub fn at(dir: &Path) -> io::Result<Self> {
        Ok(Layout { dir: std::path::absolute(dir)? })
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.dir.join("server.toml")
    }

    #[must_use]
    pub fn users(&self) -> PathBuf {
        self.dir.join("users.toml")
    }

    #[must_use]
    pub fn site_key(&self) -> PathBuf {
        self.dir.join("site.key")
    }

    #[must_use]
    pub fn clouds(&self) -> PathBuf {
        self.dir.join("clouds.yaml")
    }

    #[must_use]
    pub fn images(&self) -> PathBuf {
        self.dir.join("images")
    }

    #[must_use]
    pub fn agents(&self) -> PathBuf {
        self.dir.join("agents")
    }

    #[must_use]
    pub fn agent(&self, host: &HostId) -> PathBuf {
        self.agents().join(format!("{host}.toml"))
    }

    #[must_use]
    pub fn agent_key(&self, host: &HostId) -> PathBuf {
        self.agents().join(format!("{host}.key"))
    }

    #[must_use]
    pub fn host(&self, host: &HostId) -> PathBuf {
        self.dir.join("hosts").join(host.as_str())
    }

    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.dir.join("site.json")
    }

    /// What the process called `name` has to say.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join("log").join(format!("{name}.log"))
    }

    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.dir.join("up.lock")
    }

    /// The name of the socket within the directory.
    pub const SOCKET: &'static str = "up.sock";
}
