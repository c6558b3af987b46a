//! Imports run downwards only: every edge between our crates is one of those that ARCHITECTURE.md draws, and what
//! must stay pure depends on nothing that is not.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Who may import whom.
const EDGES: &[(&str, &[&str])] = &[
    ("steadfast-model", &[]),
    ("steadfast-operations", &["steadfast-model"]),
    ("steadfast-store", &["steadfast-model", "steadfast-operations"]),
    ("steadfast-host", &["steadfast-model", "steadfast-operations"]),
    ("steadfast-server", &["steadfast-model", "steadfast-operations"]),
    ("steadfast-explore", &[]),
    ("steadfast-races", &["steadfast-explore", "steadfast-model", "steadfast-operations", "steadfast-store"]),
    (
        "steadfast",
        &[
            "steadfast-model",
            "steadfast-operations",
            "steadfast-store",
            "steadfast-host",
            "steadfast-server",
            "steadfast-explore",
            "steadfast-races",
        ],
    ),
];

/// What the pure crates may use from outside: data, errors, futures; no runtime, no clock, no SQL, no randomness.
const PURE: &[&str] = &["futures-util", "serde", "serde_json", "thiserror", "uuid"];

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").expect("cargo runs the tests");
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo answers in JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
}

/// The dependencies of a package that its product is built with.
fn normal_dependencies(package: &Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a list of dependencies");
    let normal = all.iter().filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn imports_run_downwards_only() {
    let packages = packages();
    assert_eq!(packages.len(), EDGES.len(), "a new crate needs its edges here and in ARCHITECTURE.md");
    for package in &packages {
        let name = package["name"].as_str().expect("a name");
        let (_, allowed) = EDGES.iter().find(|(crate_name, _)| *crate_name == name).expect("a crate of ours");
        for dependency in normal_dependencies(package) {
            let ours = dependency.starts_with("steadfast");
            assert!(!ours || allowed.contains(&dependency.as_str()), "{name} must not import {dependency}");
        }
    }
}

#[test]
fn what_must_be_pure_is() {
    for package in &packages() {
        let name = package["name"].as_str().expect("a name");
        if !["steadfast-model", "steadfast-operations"].contains(&name) {
            continue;
        }
        for dependency in normal_dependencies(package) {
            let pure = PURE.contains(&dependency.as_str()) || dependency == "steadfast-model";
            assert!(pure, "{name} must stay pure and depends on {dependency}");
        }
    }
}
