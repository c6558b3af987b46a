//! Devices that are sanitised between two grants by commands, which may outlive the agent that began them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scene::{Scene, wait_for};

/// GPUs of a host of a fresh site.
const GPUS: usize = 8;

/// Says which process it is, waits at the gate unless that is open, and wipes.
const SCRIPT: &str = r#"
    echo $$ > "$0/$1.new" && mv "$0/$1.new" "$0/$1.pid"
    [ -e "$0/open" ] || read gate < "$0/gate"
    echo wiped >> "$0/$1.wiped"
"#;

/// What the scripts wrote into files of this kind.
fn written(scratch: &Path, kind: &str) -> Vec<String> {
    let entries = fs::read_dir(scratch).expect("the scratch is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let of_kind = paths.filter(|path| path.extension().is_some_and(|extension| extension == kind));
    of_kind.map(|path| fs::read_to_string(path).expect("it was written")).collect()
}

#[test]
fn what_a_dead_agent_began_is_ended_before_its_next_life_begins() {
    let scene = Scene::fresh();
    let scratch = scene.scratch.path().to_owned();
    let gate = Command::new("mkfifo").arg(scratch.join("gate")).status();
    assert!(gate.expect("mkfifo is installed").success());
    scene.sanitize("host1", SCRIPT);
    let pids = wait_for("the scripts", || Some(written(&scratch, "pid")).filter(|pids| pids.len() == GPUS));
    let process = |pid: &String| PathBuf::from("/proc").join(pid.trim());

    scene.played("kill", "host1");
    assert!(pids.iter().all(|pid| process(pid).exists()), "they outlive their agent");
    fs::write(scratch.join("open"), "").expect("it can be written");
    scene.played("start", "host1");
    scene.wait_for_rest();
    // None of the first ones ever passes the gate.
    wait_for("their end", || pids.iter().all(|pid| !process(pid).exists()).then_some(()));
    assert_eq!(written(&scratch, "wiped"), vec!["wiped\n"; GPUS]);
}
