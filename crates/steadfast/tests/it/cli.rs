//! The command line: what is refused, with which number and which sentence; what helps.

use crate::program::{Scratch, run, run_in};

/// Arguments, exit code, and what standard error says.
fn check(args: &[&str], code: i32, says: &str) {
    let dir = Scratch::new();
    let ran = run_in(dir.path(), args);
    assert_eq!(ran.code, code, "{args:?}: {ran:?}");
    assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{args:?}: {}", ran.stderr);
}

#[test]
fn bad_usage_exits_2_and_says_what_would_do() {
    check(&[], 2, "Usage: steadfast");
    check(&["dmo"], 2, "'demo'");
    check(&["demo", "--hosts", "1"], 2, "1 is not in 2..=100");
    check(&["demo", "--hypervisor", "xen"], 2, "[possible values: sim, qemu]");
    check(&["up", "--listen", "here"], 2, "invalid value 'here'");
    check(&["up", "--store", "memory:"], 2, "write sqlite:PATH or postgres://");
    check(&["up", "host", "kill", "a/b"], 2, "is not a valid host name");
    check(&["server"], 2, "--config <FILE>");
    check(&["server", "--config", "none.toml"], 2, "none.toml cannot be read");
    check(&["agent", "--config", "none.toml"], 2, "none.toml cannot be read");
    check(&["verify", "--store", "mysql://x"], 2, "the url names no store");
    check(&["verify", "--store", "memory:"], 2, "name a sqlite: or postgres: store");
    check(&["host", "readmit"], 2, "<HOST>");
    check(&["host", "readmit", "a/b"], 2, "is not a valid host name");
    check(&["host", "readmit", "host1", "--by", "a b"], 2, "is not a valid user id");
    check(&["host", "readmit", "host1", "--store", "mysql://x"], 2, "the url names no store");
    check(&["host", "readmit", "host1", "--store", "memory:"], 2, "name a sqlite: or postgres: store");
    check(&["host", "assert-clean", "host1"], 2, "<DEVICE>");
    check(&["host", "assert-clean", "host1", "3b:00.0.0"], 2, "invalid value '3b:00.0.0' for '<DEVICE>'");
    check(&["host", "assert-clean", "host1", "0000:3b:00.0"], 2, "<DIRT>");
    check(
        &["host", "assert-clean", "host1", "0000:3b:00.0", "3"],
        2,
        "`3` is neither a claim's id nor a count",
    );
    check(
        &["host", "assert-clean", "host1", "0000:3b:00.0", "3.1", "--by", "a b"],
        2,
        "is not a valid user id",
    );
    check(&["password"], 2, "standard input holds no password");
}

#[test]
fn what_cannot_be_done_exits_1_and_says_why() {
    check(&["verify"], 1, "steadfast-site/steadfast.db");
    check(&["verify", "--store", "sqlite:none.db"], 1, "none.db");
    check(&["host", "readmit", "host1"], 1, "steadfast-site/steadfast.db");
    check(&["host", "assert-clean", "host1", "0000:3b:00.0", "3.1"], 1, "steadfast-site/steadfast.db");
    check(&["up", "host", "kill", "host1"], 1, "no site is up in");
}

#[test]
fn every_command_helps_with_examples() {
    let commands = [
        "demo",
        "up",
        "server",
        "agent",
        "host",
        "host readmit",
        "host assert-clean",
        "verify",
        "bench",
        "password",
        "explore",
        "explore list",
        "explore replay",
        "explore seed",
        "explore bench",
    ];
    for command in commands {
        let ran = run(&[command.split(' ').collect::<Vec<_>>(), vec!["--help"]].concat());
        assert_eq!(ran.code, 0, "{command}");
        assert!(ran.stdout.contains("Examples:\n"), "{command}: {}", ran.stdout);
    }
    assert!(run(&["--help"]).stdout.contains("Exit codes:"));
}
