//! Starting a guest's process.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use steadfast_model::hypervisor::ActError;
use steadfast_model::message::GuestSpec;

use super::guest::Folder;
use super::probe::Program;
use super::qmp::{self, QmpError};
use super::stand_in;
use crate::driver::cannot;
use crate::driver::process::Children;

/// How long a process has to come up and answer.
const LAUNCH_TIMEOUT: Duration = Duration::from_secs(30);
/// What a guest is given, whatever its flavor says: no operating system uses it.
const MEMORY_MB: u64 = 64;
/// The most bytes of a process's own words that an error repeats.
const WORDS_LEN_MAX: u64 = 2048;

/// Starts the guest's process, and returns once it runs with all its devices. The process is left alone by a failure.
pub fn launch(
    program: &Program,
    folder: &Folder,
    spec: &GuestSpec,
    children: &Children,
) -> Result<(), ActError> {
    if spec.devices.len() > stand_in::DEVICES_MAX {
        let (wanted, most) = (spec.devices.len(), stand_in::DEVICES_MAX);
        return Err(ActError(format!("a guest can have {most} devices, not {wanted}")));
    }
    let child = spawn(program, folder, spec).map_err(cannot("start QEMU"))?;
    children.adopt(child);
    confirm(folder, spec).map_err(|why| match last_words(folder) {
        words if words.is_empty() => why,
        words => ActError(format!("{why} (QEMU: {words})")),
    })
}

/// The process gets its lock as standard output, and the socket to listen on as standard input: both are its own
/// from before its first instruction until it is gone, and no other child can inherit them.
fn spawn(program: &Program, folder: &Folder, spec: &GuestSpec) -> io::Result<std::process::Child> {
    let lock = folder.take_lock()?;
    let socket = qmp::listen(folder.path())?;
    let log = File::create(folder.path().join("log"))?;
    Command::new(&program.path)
        .args(["-name", &format!("guest={}", spec.claim)])
        .args(["-uuid", &spec.instance.to_string()])
        .args(program.machine())
        .args(["-m", &MEMORY_MB.to_string()])
        .args(["-chardev", "socket,id=qmp,fd=0,server=on,wait=off", "-mon", "chardev=qmp,mode=control"])
        .args(stand_in::arguments(&spec.devices))
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .stdout(Stdio::from(lock))
        .stderr(Stdio::from(log))
        .process_group(0)
        .spawn()
}

/// Asks the process whether the guest runs and what it has.
fn confirm(folder: &Folder, spec: &GuestSpec) -> Result<(), ActError> {
    let failed = |e: QmpError| ActError(format!("the guest did not come up: {e}"));
    let mut qmp = folder.qmp(LAUNCH_TIMEOUT).map_err(failed)?;
    let status = qmp.call("query-status", json!({})).map_err(failed)?;
    if status.get("running").and_then(Value::as_bool) != Some(true) {
        return Err(ActError(format!("the guest did not come up: its status is {status}")));
    }
    // QEMU serves one connection at a time.
    drop(qmp);
    let mut wanted = spec.devices.clone();
    wanted.sort_unstable();
    let devices = stand_in::devices(folder.path(), LAUNCH_TIMEOUT).map_err(failed)?;
    if devices != wanted {
        return Err(ActError(format!("the guest came up with the devices {devices:?}, not {wanted:?}")));
    }
    Ok(())
}

/// What the process said before it failed, on one line.
fn last_words(folder: &Folder) -> String {
    let mut words = Vec::new();
    let log = fs::File::open(folder.path().join("log"));
    // An error is being told already; without the log it is told without these words.
    let _ = log.and_then(|log| log.take(WORDS_LEN_MAX).read_to_end(&mut words));
    String::from_utf8_lossy(&words).trim().replace('\n', "; ")
}
