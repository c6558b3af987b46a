//! A PostgreSQL server of this process's own, durable, from the binaries that are installed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::exit::Failure;

/// Where distributions keep the server's binaries.
const INSTALLED: &str = "/usr/lib/postgresql";

/// Starts a server, says where, and ends it once its input ends: when this process does, however that comes.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/steadfast-postgres.XXXXXX")
trap '"$0/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
"$0/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$0/pg_ctl" -D "$dir/data" -l "$dir/log" -w start -o "-k $dir -c listen_addresses= -c max_connections=100" \
    >/dev/null 2>&1 || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
cat >/dev/null
"#;

/// Lives as long as this value.
#[derive(Debug)]
pub struct PrivatePostgres {
    socket: String,
    shell: Child,
    /// Its end is what ends the server.
    input: Option<ChildStdin>,
}

impl PrivatePostgres {
    /// Starts a server; none if there are no binaries.
    ///
    /// # Errors
    /// When there are binaries, and the server does not start.
    pub fn start() -> Result<Option<Self>, Failure> {
        let Some(binaries) = binaries() else { return Ok(None) };
        // The server refuses to run as root.
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.arg("-c").arg(SCRIPT).arg(&binaries).current_dir("/");
        let cannot = Failure::cannot::<std::io::Error>("start PostgreSQL");
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(&cannot)?;
        let mut socket = String::new();
        let output = shell.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut socket).map_err(&cannot)?;
        let input = shell.stdin.take();
        let server = PrivatePostgres { socket: socket.trim().to_owned(), shell, input };
        if server.socket.is_empty() {
            let binaries = binaries.display();
            return Err(Failure::because(format_args!(
                "PostgreSQL from {binaries} did not start; see above"
            )));
        }
        Ok(Some(server))
    }

    /// Its first database, empty.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.socket.replace('/', "%2F"))
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends by itself now; waiting only leaves no trace behind.
        let _ = self.shell.wait();
    }
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max()
}
