//! `steadfast demo`: the main job, and that it can fail.

use std::collections::BTreeSet;

use crate::program::run;

fn demo(args: &[&str]) -> (i32, serde_json::Value) {
    let ran = run(&[&["demo", "--json", "--hypervisor", "sim"], args].concat());
    let said = serde_json::from_str(&ran.stdout);
    (ran.code, said.unwrap_or_else(|error| panic!("{error}: {ran:?}")))
}

#[test]
fn no_device_is_lost_doubled_or_leaked() {
    let (code, said) = demo(&["--hosts", "4", "--instances", "12"]);
    assert_eq!(code, 0, "{said}");
    let keys: Vec<&str> = said.as_object().expect("an object").keys().map(String::as_str).collect();
    let promised = [
        "devices_after",
        "devices_before",
        "duration_ms",
        "evacuated",
        "hosts",
        "hypervisor",
        "instances",
        "killed_host",
        "reports",
        "violations",
    ];
    assert_eq!(keys, promised);
    let list = |key: &str| said[key].as_array().unwrap_or_else(|| panic!("{key} is a list")).clone();
    assert_eq!((list("hosts").len(), list("instances").len(), list("violations").len()), (4, 12, 0));
    assert_eq!(said["evacuated"], 12);
    assert_eq!(said["killed_host"], "host1");
    assert!(said["reports"].as_u64().is_some_and(|reports| reports > 0), "{said}");
    let (before, after) = (list("devices_before"), list("devices_after"));
    assert_eq!((before.len(), after.len()), (18, 18), "a GPU or two functions each");
    assert!(before.iter().all(|device| device["host"] == "host1"), "{said}");
    assert!(after.iter().all(|device| device["host"] != "host1"), "{said}");
    let places: BTreeSet<String> =
        after.iter().map(|device| format!("{}/{}", device["host"], device["device"])).collect();
    assert_eq!(places.len(), after.len(), "no device is held twice");
}

#[test]
fn the_audit_of_old_loses_devices() {
    let (code, said) = demo(&["--with-bug"]);
    assert_eq!(code, 3, "{said}");
    let violations = said["violations"].as_array().expect("a list");
    let lost =
        violations.iter().filter_map(|it| it.as_str()).any(|it| it.contains("which belongs to nobody"));
    assert!(lost, "{said}");
}
