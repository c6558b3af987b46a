//! QEMU: the promises of every driver, and what only real processes can show.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use steadfast_host::driver::qemu::{self, Accelerator, Qemu};
use steadfast_host::driver::{Driver, HostDirectory, Offer};
use steadfast_model::ids::ClaimId;
use steadfast_model::pci::Address;

use crate::conformance::{Rig, address, conforms, describe, guest, guests, offer, open, seen};
use crate::scratch::Scratch;

struct QemuRig {
    host: PathBuf,
    _scratch: Scratch,
}

impl QemuRig {
    fn folder(&self, name: &str) -> PathBuf {
        self.host.join("guests").join(name)
    }

    /// The processes of guests of this host: those whose standard output is a lock in its directory, with that.
    fn processes(&self) -> Vec<(u32, PathBuf)> {
        let host = fs::canonicalize(&self.host).expect("the host was set up");
        let entries = fs::read_dir("/proc").expect("this is Linux");
        let pids =
            entries.filter_map(|entry| entry.expect("/proc can be read").file_name().to_str()?.parse().ok());
        let with_output = |pid: u32| Some((pid, fs::read_link(format!("/proc/{pid}/fd/1")).ok()?));
        pids.filter_map(with_output).filter(|(_, output)| output.starts_with(&host)).collect()
    }

    fn pid(&self, claim: ClaimId) -> u32 {
        let processes = self.processes();
        let of_claim = |output: &Path| output.to_string_lossy().contains(&claim.to_string());
        processes.iter().find(|(_, output)| of_claim(output)).expect("the guest's process exists").0
    }

    fn signal(&self, claim: ClaimId, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid(claim).to_string()]).status();
        assert!(sent.expect("kill is installed").success());
    }
}

impl Rig for QemuRig {
    fn new() -> Self {
        let scratch = Scratch::new();
        // Deeper than the path of a unix socket may be long.
        let host = scratch.path().join("a".repeat(100)).join("host1");
        describe(&host);
        QemuRig { host, _scratch: scratch }
    }

    fn host(&self) -> &Path {
        &self.host
    }

    fn open(&self, directory: HostDirectory, offer: Offer) -> Box<dyn Driver> {
        Box::new(Qemu::open(directory, offer, Some(Accelerator::Tcg)).unwrap_or_else(|e| panic!("{e}")))
    }

    fn kill_host(&self) -> Result<(), String> {
        qemu::kill_host(&self.host).map_err(|e| e.to_string())
    }

    /// A guest of ours under another name is somebody else's.
    fn intrude(&self, tag: &str, devices: &[Address]) {
        let driver = open(self, offer());
        let buses: Vec<u8> = devices.iter().map(|device| device.bus).collect();
        let guest = guest(99, &buses);
        driver.build(&guest, true).expect("it can be built");
        fs::rename(self.folder(&guest.claim.to_string()), self.folder(tag))
            .expect("a scratch can be written");
    }

    fn kill_guest(&self, claim: ClaimId) {
        self.signal(claim, "-KILL");
        // The kernel is through with the process when its lock is free.
        let lock =
            fs::File::open(self.folder(&claim.to_string()).join("lock")).expect("the guest was started");
        lock.lock_shared().expect("locks work here");
    }
}

impl Drop for QemuRig {
    fn drop(&mut self) {
        if let Err(e) = self.kill_host() {
            eprintln!("guests may be left in {}: {e}", self.host.display());
        }
    }
}

conforms!(QemuRig);

fn life(rig: &QemuRig) -> Box<dyn Driver> {
    open(rig, offer())
}

/// The ids of the devices that `query-pci` shows.
fn queried(folder: &Path) -> BTreeSet<String> {
    // The folder is opened, because its path is too long for a socket's.
    let open = fs::File::open(folder).expect("the guest is defined");
    let path = format!("/proc/self/fd/{}/qmp.sock", std::os::fd::AsRawFd::as_raw_fd(&open));
    let mut stream = BufReader::new(UnixStream::connect(path).expect("the guest runs"));
    let mut line = String::new();
    for command in ["qmp_capabilities", "query-pci"] {
        stream
            .get_mut()
            .write_all(format!("{{\"execute\": \"{command}\"}}\n").as_bytes())
            .expect("it listens");
    }
    let answer = loop {
        line.clear();
        stream.read_line(&mut line).expect("it answers");
        let message: Value = serde_json::from_str(&line).expect("it speaks JSON");
        if let Some(buses @ Value::Array(_)) = message.get("return") {
            break buses.clone();
        }
    };
    fn collect(value: &Value, ids: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                ids.extend(fields.get("qdev_id").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| collect(value, ids));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, ids)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut ids = BTreeSet::new();
    collect(&answer, &mut ids);
    ids
}

#[test]
fn query_pci_shows_that_a_guest_has_its_devices() {
    let rig = QemuRig::new();
    let driver = life(&rig);
    let guest = guest(1, &[0x3b, 0x5e, 0xaf]);
    driver.build(&guest, true).expect("it can be built");
    let want: BTreeSet<String> = ["3b", "5e", "af"].map(|bus| format!("claimed-0000-{bus}-00.0")).into();
    // The guest's firmware numbers the buses, one exchange with QEMU after the other.
    while !queried(&rig.folder(&guest.claim.to_string())).is_superset(&want) {}
}

#[test]
fn a_guest_is_its_own_process_group() {
    let rig = QemuRig::new();
    let driver = life(&rig);
    let guest = guest(1, &[]);
    driver.build(&guest, true).expect("it can be built");
    let pid = rig.pid(guest.claim);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the guest runs");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let group = fields.split_whitespace().nth(2).expect("the group comes third");
    assert_eq!(group, pid.to_string());
}

#[test]
fn a_guest_that_does_not_run_has_no_process() {
    let rig = QemuRig::new();
    let driver = life(&rig);
    let (one, two) = (guest(1, &[1]), guest(2, &[2]));
    for guest in [&one, &two] {
        driver.build(guest, true).expect("it can be built");
    }
    assert_eq!(rig.processes().len(), 2);
    driver.stop(one.claim).expect("it can be stopped");
    driver.destroy(two.claim).expect("it can be destroyed");
    assert_eq!(rig.processes(), []);
}

#[test]
fn a_silent_guest_runs_and_can_be_destroyed() {
    let rig = QemuRig::new();
    let driver = life(&rig);
    let guest = guest(1, &[1, 2]);
    driver.build(&guest, true).expect("it can be built");
    rig.signal(guest.claim, "-STOP");
    // More looks than its socket keeps waiting: none of them hangs.
    for _ in 0..3 {
        assert_eq!(guests(&*driver), [seen(&guest, true)]);
    }
    driver.destroy(guest.claim).expect("it can be killed");
    assert_eq!(guests(&*driver), []);
}

#[test]
fn a_guest_that_does_not_come_up_says_why_and_does_not_run() {
    let rig = QemuRig::new();
    let driver = life(&rig);
    let twice = guest(1, &[7, 7]);
    let refused = driver.build(&twice, true).expect_err("no two devices have one address").to_string();
    assert!(refused.contains("the guest did not come up"), "{refused}");
    assert!(refused.contains("claimed-0000-07-00.0"), "{refused}");
    assert_eq!(guests(&*driver), [seen(&twice, false)]);
    driver.destroy(twice.claim).expect("it can be removed");
    let mut many = guest(2, &[]);
    many.devices = vec![address(1); 241];
    let refused = driver.build(&many, true).expect_err("that is too much").to_string();
    assert_eq!(refused, "a guest can have 240 devices, not 241");
}

#[test]
fn a_guest_without_its_definition_is_told_of_and_can_be_destroyed() {
    let rig = QemuRig::new();
    let driver = life(&rig);
    let guest = guest(1, &[1]);
    driver.build(&guest, true).expect("it can be built");
    fs::remove_file(rig.folder(&guest.claim.to_string()).join("guest.json"))
        .expect("a scratch can be written");
    // What it has is still known, from itself.
    assert_eq!(guests(&*driver), [seen(&guest, true)]);
    driver.destroy(guest.claim).expect("it can be destroyed");
    assert_eq!(guests(&*driver), []);
}

#[test]
fn guests_run_with_what_the_probe_found() {
    let rig = QemuRig::new();
    let directory = HostDirectory::lock(rig.host()).expect("no other agent lives");
    let driver = Qemu::open(directory, offer(), None).unwrap_or_else(|e| panic!("{e}"));
    let guest = guest(1, &[1]);
    driver.build(&guest, true).expect("it can be built");
    let seen = driver.observe().expect("the host can be seen");
    assert!(seen.guests[0].running, "with {:?}", driver.accelerator());
    assert_eq!(seen.machine.hypervisor_type, "QEMU");
    assert!(seen.machine.hypervisor_version >= 7_000_000);
}
