//! A PostgreSQL server of the tests' own, from the binaries that are installed. It lives as long as this process.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use steadfast_store::Postgres;
use tokio_postgres::{Config, NoTls};

/// Where distributions keep the server's binaries.
const INSTALLED: &str = "/usr/lib/postgresql";
const TEMPLATE: &str = "template_store";

/// Starts a server, says where, and ends it once its input ends: when this process does, however that comes. Texts are
/// compared as in English, unless a column says otherwise.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/steadfast-postgres.XXXXXX")
trap '"$0/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
"$0/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale-provider=icu --icu-locale=en \
    --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$0/pg_ctl" -D "$dir/data" -l "$dir/log" -w start \
    -o "-k $dir -c listen_addresses= -c fsync=off -c max_connections=300" \
    >/dev/null 2>&1 || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
cat >/dev/null
"#;

struct Server {
    socket: String,
    /// Its input is what keeps the server alive.
    _child: Child,
}

static SERVER: LazyLock<Server> = LazyLock::new(start);

fn start() -> Server {
    let bin = binaries();
    let uid = Command::new("id").arg("-u").output().expect("id runs");
    // The server refuses to run as root.
    let mut command = if uid.stdout == b"0\n" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    // In a process group of its own, so that a signal to the tests' group does not keep it from cleaning up.
    let command = command.arg("-c").arg(SCRIPT).arg(&bin).current_dir("/").process_group(0);
    let child = command.stdin(Stdio::piped());
    let mut child = child.stdout(Stdio::piped()).spawn().expect("a shell runs");
    let mut socket = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut socket).expect("it can be read");
    let socket = socket.trim().to_owned();
    assert!(!socket.is_empty(), "PostgreSQL from {} did not start; its log stands above", bin.display());
    let server = Server { socket, _child: child };
    statements(&config_of(&server, "postgres"), &format!("CREATE DATABASE {TEMPLATE}"));
    let open = || {
        drop(
            Postgres::writer(&config_of(&server, TEMPLATE), Arc::default()).expect("an empty database opens"),
        );
    };
    thread::scope(|scope| scope.spawn(open).join()).expect("no panic");
    server
}

fn binaries() -> PathBuf {
    let versions = std::fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    let found = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    found.max().unwrap_or_else(|| {
        panic!("no PostgreSQL server is installed below {INSTALLED}: these tests need one")
    })
}

fn config_of(server: &Server, database: &str) -> Config {
    let mut config = Config::new();
    config.host_path(&server.socket).user("postgres").dbname(database);
    config
}

/// Runs statements. On a thread of its own, so that async tests can.
fn statements(config: &Config, sql: &str) {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.expect("the server answers");
            tokio::spawn(connection);
            client.batch_execute(sql).await.expect("the statements run");
        });
    };
    thread::scope(|scope| scope.spawn(run).join()).expect("no panic");
}

/// A database of a test's own.
#[derive(Debug, Clone)]
pub struct Database {
    pub config: Config,
    name: String,
}

impl Database {
    fn create(from: &str) -> Database {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("test{}", COUNT.fetch_add(1, Ordering::Relaxed));
        statements(&config_of(&SERVER, "postgres"), &format!("CREATE DATABASE {name} {from}"));
        Database { config: config_of(&SERVER, &name), name }
    }

    /// An empty store.
    pub fn new() -> Database {
        Database::create(&format!("TEMPLATE {TEMPLATE}"))
    }

    /// Nothing at all.
    pub fn bare() -> Database {
        Database::create("TEMPLATE template0")
    }

    /// Nothing at all, in another encoding.
    pub fn bare_in(encoding: &str) -> Database {
        Database::create(&format!("TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))
    }

    /// Another one with the same content. Nobody may be connected to this one.
    pub fn copy(&self) -> Database {
        Database::create(&format!("TEMPLATE {}", self.name))
    }

    pub fn url(&self) -> String {
        let socket = SERVER.socket.replace('/', "%2F");
        format!("postgres://postgres@{socket}/{}", self.name)
    }

    pub fn sql(&self, sql: &str) {
        statements(&self.config, sql);
    }

    /// The path of the server's socket.
    pub fn socket(&self) -> String {
        format!("{}/.s.PGSQL.5432", SERVER.socket)
    }
}
