//! One process of a site: a control plane or an agent, its log, its end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use steadfast_model::ids::HostId;
use tokio::process::{Child, Command};

use crate::exit::Failure;

/// The program of this process, even if its file was replaced since.
const OWN_PROGRAM: &str = "/proc/self/exe";
/// How long a process may take to end as asked before it is killed.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// How many of the last lines of a log an error repeats.
const LOG_LINES_MAX: usize = 3;

/// What a process is in its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Server,
    Agent,
}

impl Role {
    /// The command that such a process runs.
    fn command(self) -> &'static str {
        match self {
            Role::Server => "server",
            Role::Agent => "agent",
        }
    }
}

#[derive(Debug)]
pub struct Process {
    pub role: Role,
    /// The host that an agent speaks for.
    pub host: Option<HostId>,
    pub pid: u32,
    pub log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts one that ends with this process. Called on the main thread: the kernel ends children with the thread
    /// that started them.
    pub fn start(role: Role, host: Option<HostId>, config: &Path, log: PathBuf) -> Result<Self, Failure> {
        let cannot = |what: &str| Failure::cannot(format!("{what} {}", role.command()));
        let append = |log: &Path| -> std::io::Result<(File, File)> {
            fs::create_dir_all(log.parent().unwrap_or(Path::new("")))?;
            let file = File::options().create(true).append(true).open(log)?;
            Ok((file.try_clone()?, file))
        };
        let (output, errors) = append(&log).map_err(cannot("write the log of the"))?;
        let child = Command::new(OWN_PROGRAM)
            .arg0("steadfast")
            .arg(role.command())
            .arg("--config")
            .arg(config)
            .args(["--tied-to", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors))
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(cannot("start the"))?;
        let pid = child.id().expect("a child that nobody waited for has an id");
        Ok(Process { role, host, pid, log, child })
    }

    /// What it is, for people.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}'s agent"),
            None => "the control plane".to_owned(),
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        // A child that cannot be asked is one that was asked before: it ended.
        self.child.try_wait().ok().flatten()
    }

    /// Waits until it ends.
    pub async fn end(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    pub async fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().await.map_err(Failure::cannot(format_args!("kill {}", self.name())))
    }

    /// Asks it to end, and after a while makes it.
    pub async fn stop(mut self) -> Result<(), Failure> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.ended().is_none()) {
            // One that ended meanwhile needs no signal: it is not buried yet, so its id is still its own.
            let _ = kill_process(pid, Signal::TERM);
            let _ = tokio::time::timeout(END_TIMEOUT, self.end()).await;
        }
        self.kill().await
    }

    /// The last lines of its log, on one line.
    #[must_use]
    pub fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(LOG_LINES_MAX).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}
