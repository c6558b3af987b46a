//! `steadfast up`: what a fresh directory gets, what a used one keeps, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use steadfast::site::process::Role;

use crate::program::{Scratch, run};
use crate::scene::{Scene, host, kill, wait_for};

#[test]
fn a_fresh_directory_gets_everything() {
    let scene = Scene::fresh();
    let record = scene.record();
    let roles: Vec<(Role, Option<String>)> =
        record.processes.iter().map(|it| (it.role, it.host.as_ref().map(ToString::to_string))).collect();
    let agent = |name: &str| (Role::Agent, Some(name.to_owned()));
    assert_eq!(roles, [(Role::Server, None), agent("host1"), agent("host2"), agent("host3")]);
    for process in &record.processes {
        assert!(process.log.is_file(), "{process:?}");
    }
    let services: Vec<&str> = record.endpoints.keys().map(String::as_str).collect();
    assert_eq!(services, ["compute", "identity", "image", "network", "placement"]);
    assert!(record.store.starts_with("sqlite:/"), "{}", record.store);
    for secret in ["site.json", "clouds.yaml", "users.toml", "site.key", "server.toml", "agents/host1.key"] {
        let mode = fs::metadata(scene.dir().join(secret)).expect(secret).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    assert!(
        fs::read_to_string(scene.dir().join("clouds.yaml")).expect("it is there").contains("  steadfast:")
    );
}

#[test]
fn a_site_has_one_keeper_and_is_resumed_as_it_was() {
    let mut scene = Scene::fresh();
    let dir = scene.scratch.at("site");
    let second = run(&["up", "--dir", &dir]);
    assert_eq!(second.code, 1, "{second:?}");
    assert!(second.stderr.contains("another `steadfast up` keeps the site"), "{}", second.stderr);

    let image = scene.image();
    scene.api("a boot", async |api| api.boot("vm1", "gpu", image, &host("host1")).await);
    scene.wait_for_rest();
    let listen = scene.record().endpoints;
    assert!(scene.end_up("TERM").success());
    assert!(scene.record().processes.is_empty());

    let other = run(&["up", "--dir", &dir, "--hosts", "5"]);
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("leave --hosts out"), "{}", other.stderr);

    scene.resume();
    assert_eq!(scene.record().endpoints, listen);
    let servers = scene.servers();
    assert_eq!(servers.len(), 1);
    assert_eq!((servers[0].name.as_str(), servers[0].status.as_str()), ("vm1", "ACTIVE"));
    scene.wait_for_rest();
}

#[test]
fn children_end_with_their_keeper() {
    let mut scene = Scene::fresh();
    let pids: Vec<u32> = scene.record().processes.iter().map(|process| process.pid).collect();
    scene.end_up("KILL");
    for pid in pids {
        // A process that ended and was not buried yet has no executable any more.
        wait_for("the end of a child", || fs::read_link(format!("/proc/{pid}/exe")).is_err().then_some(()));
    }
    scene.resume();
    scene.wait_for_rest();
}

#[test]
fn what_dies_is_not_restarted_and_hosts_come_and_go() {
    let scene = Scene::fresh();
    kill(scene.pid_of(Some("host2")), "KILL");
    let agents = || scene.record().processes.iter().filter(|it| it.role == Role::Agent).count();
    wait_for("the obituary", || (agents() == 2).then_some(()));
    scene.played("start", "host2");
    assert_eq!(agents(), 3);

    scene.played("kill", "host1");
    assert_eq!(agents(), 2);
    scene.played("kill", "host1");
    scene.played("start", "host1");
    let again = scene.play("start", "host1");
    assert_eq!((again.code, again.stderr.contains("lives already")), (1, true), "{again:?}");
    let unknown = scene.play("kill", "host9");
    assert_eq!(
        (unknown.code, unknown.stderr.contains("there is no host host9 here")),
        (1, true),
        "{unknown:?}"
    );
    scene.wait_for_rest();
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let dir = Scratch::new();
    fs::write(dir.path().join("thesis.tex"), "").expect("it can be written");
    let ran = run(&["up", "--dir", dir.path().to_str().expect("it is text")]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("thesis.tex is there"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(dir.path()).expect("it can be read").count(), 1);
}
