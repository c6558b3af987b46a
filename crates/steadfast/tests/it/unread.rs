//! Commands whose reader has gone: they end quietly, with the number of SIGPIPE, and clean up behind them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use steadfast::site::Layout;

use crate::program::{STEADFAST, Scratch, run};
use crate::scene::{Scene, kill, read_record, wait_for};

/// 128 + 13, as after any other command that writes to nobody.
const UNREAD: Option<i32> = Some(141);

/// The end of a pipe to which one can only write in vain.
fn nobody() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    Stdio::from(writer)
}

/// A command in a directory of its own that is the place for temporary files as well.
fn steadfast(dir: &Scratch, args: &[&str]) -> Command {
    let mut command = Command::new(STEADFAST);
    command.args(args).current_dir(dir.path()).env("TMPDIR", dir.path()).stdin(Stdio::null());
    command
}

/// Waits for the end of a command that has nobody to talk to, and answers its exit code.
fn end(child: Child) -> Option<i32> {
    let Output { status, stderr, .. } = child.wait_with_output().expect("it is our child");
    let stderr = String::from_utf8(stderr).expect("it writes text");
    assert!(!stderr.contains("panicked") && !stderr.contains("steadfast:"), "{stderr}");
    status.code()
}

#[test]
fn a_command_that_nobody_reads_ends_as_sigpipe_would_end_it() {
    let table: &[(&[&str], Option<i32>)] = &[
        // Help has no outcome that could be lost.
        (&["bench", "--help"], Some(0)),
        (&["--version"], Some(0)),
        (&["password"], UNREAD),
        (&["verify", "--json", "--store", "sqlite:store.db"], UNREAD),
        (&["verify", "--store", "sqlite:store.db"], UNREAD),
        (
            &["bench", "--json", "--store", "memory:", "--hosts", "2", "--instances", "1", "--runs", "1"],
            UNREAD,
        ),
        (&["demo", "--hypervisor", "sim"], UNREAD),
        (&["up", "--dir", "site", "--listen", "127.0.0.1:0"], UNREAD),
    ];
    let dir = Scratch::new();
    drop(
        steadfast::world::ControlWorld::open(&format!("sqlite:{}", dir.at("store.db"))).expect("a new store"),
    );
    fs::write(dir.path().join("password"), "s3cret").expect("it can be written");
    for (args, code) in table {
        let mut command = steadfast(&dir, args);
        let password = fs::File::open(dir.path().join("password")).expect("it can be read");
        let spawned = command.stdin(password).stdout(nobody()).stderr(Stdio::piped()).spawn();
        let child = spawned.expect("the executable runs");
        assert_eq!(end(child), *code, "{args:?}");
    }
}

#[test]
fn what_goes_wrong_is_numbered_even_if_nobody_reads_why() {
    let dir = Scratch::new();
    for (args, code) in [(&["verify"][..], 1), (&["demo", "--hosts", "1"][..], 2)] {
        let status = steadfast(&dir, args).stdout(nobody()).stderr(nobody()).status();
        assert_eq!(status.expect("the executable runs").code(), Some(code), "{args:?}");
    }
}

#[test]
fn a_demonstration_that_is_left_cleans_up() {
    let dir = Scratch::new();
    let mut command = steadfast(&dir, &["demo", "--hypervisor", "sim"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the executable runs");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    // The hypervisor, an empty line, and that the site runs.
    let read: Vec<String> = lines.by_ref().take(3).map(|line| line.expect("it writes text")).collect();
    assert!(read[2].contains("a control plane and 3 hosts run"), "{read:?}");
    drop(lines);
    assert_eq!(end(child), UNREAD);
    let left: Vec<_> = fs::read_dir(dir.path()).expect("it can be read").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_site_whose_keeper_is_left_is_stopped_at_the_next_line() {
    let dir = Scratch::new();
    let mut command = steadfast(&dir, &["up", "--dir", "site", "--listen", "127.0.0.1:0"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the executable runs");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line == "ready"), "up ended before it was ready");
    drop(lines);
    // The next line says that a host was killed, which whoever asked for it is told all the same.
    let played = run(&["up", "host", "kill", "host1", "--dir", &dir.at("site")]);
    assert_eq!(played.code, 0, "{played:?}");
    assert_eq!(end(child), UNREAD);
    assert!(read_record(&dir.path().join("site")).processes.is_empty());
}

#[test]
fn a_service_goes_on_when_nobody_reads_its_log() {
    let mut scene = Scene::fresh();
    assert!(scene.end_up("TERM").success());
    let config = Layout::at(&scene.dir()).expect("the present directory").server();
    let listen = scene.record().endpoints["compute"].parse::<http::Uri>().expect("a URL");
    let listen = listen.authority().expect("a host").to_string();
    let mut command = Command::new(STEADFAST);
    command.arg("server").arg("--config").arg(&config).args(["--tied-to", &std::process::id().to_string()]);
    let mut child = command.stdout(nobody()).stderr(nobody()).spawn().expect("the executable runs");
    let answered = wait_for("an answer", || {
        let mut stream = TcpStream::connect(&listen).ok()?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok().map(|_| answer)
    });
    assert!(answered.starts_with("HTTP/1.1 200"), "{answered}");
    kill(child.id(), "TERM");
    assert!(child.wait().expect("it is our child").success());
}
