//! The simulated hypervisor: the promises of every driver, and faults on demand.

use std::path::{Path, PathBuf};

use steadfast_host::driver::sim::{self, Fault, OrderName, Outcome, Sim, inject};
use steadfast_host::driver::{Driver, HostDirectory, Offer};
use steadfast_model::ids::ClaimId;
use steadfast_model::pci::Address;

use crate::conformance::{Rig, address, claim, conforms, describe, guest, guests, offer, open, seen};
use crate::scratch::Scratch;

struct SimRig {
    host: PathBuf,
    _scratch: Scratch,
}

impl Rig for SimRig {
    fn new() -> Self {
        let scratch = Scratch::new();
        let host = scratch.path().join("host1");
        describe(&host);
        SimRig { host, _scratch: scratch }
    }

    fn host(&self) -> &Path {
        &self.host
    }

    fn open(&self, directory: HostDirectory, offer: Offer) -> Box<dyn Driver> {
        Box::new(Sim::open(directory, offer))
    }

    fn kill_host(&self) -> Result<(), String> {
        sim::kill_host(&self.host).map_err(|e| e.to_string())
    }

    fn intrude(&self, tag: &str, devices: &[Address]) {
        sim::intrude(&self.host, &tag.parse().expect("a tag"), devices).expect("the host was set up");
    }

    fn kill_guest(&self, claim: ClaimId) {
        sim::kill_guest(&self.host, claim).expect("the guest is there");
    }
}

conforms!(SimRig);

#[test]
fn orders_fail_as_they_are_told_to() {
    let rig = SimRig::new();
    let driver = open(&rig, offer());
    let one = guest(1, &[1]);
    let refused = Fault { order: Some(OrderName::Build), outcome: Outcome::Refused, ..Fault::default() };
    let lost = Fault { claim: Some(claim(1)), outcome: Outcome::Lost, delay_ms: 1, ..Fault::default() };
    let other = Fault { claim: Some(claim(2)), outcome: Outcome::Refused, ..Fault::default() };
    let done = Fault { claim: Some(claim(1)), ..Fault::default() };
    // What is injected, whether the order succeeds, and whether the guest is then there.
    let table = [
        (vec![refused.clone()], false, false),
        (vec![lost.clone()], false, true),
        (vec![other.clone()], true, true),
        (vec![done, refused], true, true),
        (vec![other, lost], false, true),
        (vec![], true, true),
    ];
    for (faults, succeeds, there) in table {
        inject(rig.host(), &faults).expect("a scratch can be written");
        let outcome = driver.build(&one, true);
        assert_eq!(outcome.is_ok(), succeeds, "{faults:?}: {outcome:?}");
        let want: Vec<_> = there.then(|| seen(&one, true)).into_iter().collect();
        assert_eq!(guests(&*driver), want, "{faults:?}");
        inject(rig.host(), &[]).expect("a scratch can be written");
        driver.destroy(one.claim).expect("nothing hinders it");
    }
}

#[test]
fn a_fault_of_a_claim_hits_no_device() {
    let rig = SimRig::new();
    let driver = open(&rig, offer());
    let refused = Fault { outcome: Outcome::Refused, ..Fault::default() };
    let sanitize = Fault { order: Some(OrderName::Sanitize), ..refused.clone() };
    // What is injected, and whether a device can be sanitised then.
    let table = [
        (vec![refused.clone()], false),
        (vec![sanitize.clone()], false),
        (vec![Fault { order: Some(OrderName::Build), ..refused }], true),
        (vec![Fault { claim: Some(claim(1)), ..sanitize.clone() }], true),
        (vec![Fault { outcome: Outcome::Lost, ..sanitize }], false),
        (vec![], true),
    ];
    for (faults, succeeds) in table {
        inject(rig.host(), &faults).expect("a scratch can be written");
        let outcome = driver.sanitize(address(1), &"reset".parse().expect("a name"));
        assert_eq!(outcome.is_ok(), succeeds, "{faults:?}: {outcome:?}");
    }
}

#[test]
fn a_broken_file_is_named_and_stops_what_depends_on_it() {
    let rig = SimRig::new();
    let driver = open(&rig, offer());
    let table = [
        (
            "faults.json",
            r#"[{"order": "explode"}]"#,
            "faults.json is no list of faults: unknown variant `explode`",
        ),
        ("faults.json", "{", "faults.json is no list of faults"),
        ("guests/00000000-0000-0000-0000-000000000001.json", "[]", "000001.json is not a guest"),
        ("boot_id", "first", "cannot read the boot id: boot_id is no UUID"),
    ];
    for (file, content, sentence) in table {
        let path = rig.host().join(file);
        let before = std::fs::read(&path).ok();
        std::fs::write(&path, content).expect("a scratch can be written");
        let refused = driver.build(&guest(1, &[1]), true).expect_err(file).to_string();
        assert!(refused.contains(sentence), "{file}: {refused}");
        match before {
            Some(before) => std::fs::write(&path, before),
            None => std::fs::remove_file(&path),
        }
        .expect("a scratch can be written");
        assert_eq!(guests(&*driver), [], "{file}");
    }
}
