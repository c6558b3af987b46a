//! `steadfast explore`: what scripts and people may rely on.

use std::fs;

use serde_json::Value;

use crate::program::{Scratch, run};

fn json(args: &[&str], code: i32) -> Value {
    let ran = run(args);
    assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|why| panic!("{args:?}: {why}: {}", ran.stdout))
}

#[test]
fn the_list_names_every_scenario() {
    let list = json(&["explore", "list", "--json"], 0);
    let scenarios = list.as_array().expect("a list");
    let kinds = |kind: &str| scenarios.iter().filter(|scenario| scenario["kind"] == kind).count();
    assert!(kinds("shipped") > 0 && kinds("legacy") == 21);
    for scenario in scenarios {
        assert!(scenario["name"].is_string() && scenario["about"].is_string(), "{scenario}");
        assert!(scenario["operations"].is_array() && scenario["faults"].is_array(), "{scenario}");
    }
}

/// So whoever explores all that is listed as historic finds all of it.
#[test]
fn every_historic_race_is_found() {
    let explored = json(&["explore", "--all", "--kind", "legacy", "--budget", "2000", "--json"], 3);
    assert_eq!((explored["scenarios"].as_array().map(Vec::len), &explored["found"]), (Some(21), &21.into()));
}

#[test]
fn a_scenario_that_is_named_twice_is_explored_once() {
    let names = ["boot+delete", "no_room", "delete+boot", "no_room"];
    let explored =
        json(&[&["explore"], &names[..], &["--budget", "9", "--strategy", "walk", "--json"]].concat(), 0);
    let scenarios = explored["scenarios"].as_array().expect("a list");
    let names: Vec<_> = scenarios.iter().map(|scenario| scenario["name"].as_str()).collect();
    assert_eq!(names, [Some("boot+delete"), Some("no_room")]);
}

#[test]
fn a_shipped_scenario_holds_and_exits_0() {
    let explored = json(&["explore", "two_evacuations", "--json"], 0);
    let scenario = &explored["scenarios"][0];
    assert_eq!(explored["found"], 0);
    assert_eq!((&scenario["exhausted"], &scenario["violation"]), (&Value::Bool(true), &Value::Null));
    assert!(scenario["schedules"].as_u64() > Some(1));
    assert!(scenario["orders"].as_f64() > Some(1_000.0), "{}", scenario["orders"]);
}

/// For a given number of schedules what comes out does not depend on how many workers there are.
#[test]
fn workers_make_no_difference() {
    let explore = |workers| {
        let scenarios = ["two_evacuations", "a2_list_gen", "evacuation_ends_while_audit_runs"];
        let options = ["--budget", "2000", "--json", "--workers", workers];
        let mut explored = json(&[&["explore"], &scenarios[..], &options].concat(), 3);
        for scenario in explored["scenarios"].as_array_mut().expect("a list") {
            scenario["seconds"].take();
        }
        explored
    };
    assert_eq!(explore("1"), explore("3"));
}

#[test]
fn a_violation_has_a_token_that_shows_it_again() {
    let dir = Scratch::new();
    let page = dir.at("found.html");
    let name = "evacuation_ends_while_audit_runs";
    let explored = json(&["explore", name, "--json", "--html", &page], 3);
    let violation = &explored["scenarios"][0]["violation"];
    let token = violation["token"].as_str().expect("a token");
    assert!(token.len() <= 16, "{token}");
    assert!(violation["test"].as_str().is_some_and(|test| test.contains("#[test]") && test.contains(token)));
    assert!(violation["stale"].as_array().is_some_and(|stale| !stale.is_empty()));
    let shown = fs::read_to_string(&page).expect("it was written");
    assert!(shown.contains("<svg") && shown.contains(token) && !shown.contains("<script"));
    assert!(
        shown.contains("#[test]") && shown.contains(&format!("&quot;{token}&quot;")),
        "the test is in it"
    );
    let again = run(&["explore", "replay", name, token]);
    let message = violation["message"].as_str().expect("a sentence");
    assert!(again.code == 3 && again.stdout.contains(message), "{again:?}");
    let again = json(&["explore", "replay", name, token, "--json", "--html", &page], 3);
    for member in ["scenario", "store", "token", "message", "invariant", "steps", "stale", "torn"] {
        assert_eq!(again[member], violation[member], "{member}");
    }
    let page = fs::read_to_string(page).expect("it was written");
    assert!(page.contains("<svg") && page.contains(&format!("Token: <code>{token}<")), "{page}");
    let other = run(&["explore", "replay", "unsaved_pins", token]);
    assert!(other.code == 1 && other.stderr.contains("the token is of other code"), "{other:?}");
}

#[test]
fn the_seed_is_found_and_its_repairs_are_judged() {
    let dir = Scratch::new();
    let picture = dir.at("seed.svg");
    let answer = json(&["explore", "seed", "--json", "--svg", &picture], 3);
    assert!(answer["scenarios"][0]["violation"]["token"].is_string());
    assert_eq!(answer["scenarios"][1]["violation"], Value::Null, "the shipped protocol holds");
    let repairs = answer["repairs"].as_array().expect("a list");
    for repair in repairs {
        let texts = |list: &str| -> Vec<String> {
            let texts = repair[list].as_array().expect("a list").iter();
            texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
        };
        let (name, broken, tokens) =
            (repair["name"].as_str().expect("a name"), texts("broken"), texts("tokens"));
        assert_eq!(broken.len(), tokens.len(), "{repair}");
        for (invariant, token) in broken.iter().zip(&tokens) {
            let again = run(&["explore", "replay", name, token]);
            assert!(again.stdout.contains(&format!(": {invariant}: ")), "{invariant}: {again:?}");
        }
    }
    let drawn = fs::read_to_string(picture).expect("it was written");
    let shown = include_str!("../../../../docs/seed.svg");
    assert_eq!(drawn, shown, "docs/seed.svg is not what `steadfast explore seed --svg docs/seed.svg` draws");
}

/// What is asked of a search is asked of the answer to the seed as well: it counts what it tried.
#[test]
fn the_seed_is_explored_as_it_is_asked_for() {
    let answer = |options: &[&str], code| json(&[&["explore", "seed", "--json"], options].concat(), code);
    let cases: [(&[&str], i32, &str, u64); 5] = [
        (&["--budget", "1"], 0, "schedules", 1),
        (&["--budget", "3", "--strategy", "dfs"], 0, "schedules", 3),
        (&["--budget", "7", "--strategy", "walk", "--workers", "1"], 3, "sampled", 7),
        (&["--budget", "7", "--strategy", "pos", "--workers", "3"], 3, "sampled", 7),
        (&["--budget", "20", "--store", "sqlite"], 3, "schedules", 20),
    ];
    for (options, code, count, tried) in cases {
        let found = answer(options, code);
        let shipped = &found["scenarios"][1];
        assert_eq!((&shipped[count], &shipped["exhausted"]), (&tried.into(), &false.into()), "{options:?}");
    }
    let drawn = |seed| answer(&["--budget", "9", "--strategy", "walk", "--seed", seed], 3);
    assert_eq!(drawn("5"), drawn("5"));
    assert_ne!(drawn("5"), drawn("6"));
    let told = run(&["explore", "seed", "--budget", "1"]);
    assert!(
        told.stdout.contains("The race was not found") && told.stdout.contains("open"),
        "{}",
        told.stdout
    );
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_the_search() {
    let endless = ["--all", "--strategy", "walk", "--budget", "24h"];
    let cases: [&[&str]; 4] = [
        &[&["explore"], &endless[..], &["--html", "none/found.html"]].concat(),
        &["explore", "seed", "--strategy", "walk", "--budget", "24h", "--html", "none/seed.html"],
        &["explore", "seed", "--strategy", "walk", "--budget", "24h", "--svg", "none/seed.svg"],
        &["explore", "replay", "evacuation_ends_while_audit_runs", "UmW9a", "--svg", "none/seed.svg"],
    ];
    for args in cases {
        let ran = run(args);
        assert!(ran.code == 1 && ran.stderr.contains("cannot write none/"), "{args:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

/// That something was found is not hidden by a disk that is full at the end.
#[test]
fn what_was_found_is_said_although_it_cannot_be_written() {
    let cases: [(&[&str], i32); 4] = [
        (&["explore", "evacuation_ends_while_audit_runs", "--html", "/dev/full"], 3),
        (&["explore", "two_evacuations", "--html", "/dev/full"], 1),
        (&["explore", "seed", "--svg", "/dev/full"], 3),
        (&["explore", "replay", "evacuation_ends_while_audit_runs", "UmW9a", "--svg", "/dev/full"], 3),
    ];
    for (args, code) in cases {
        let ran = run(args);
        assert!(ran.code == code && ran.stderr.contains("cannot write /dev/full"), "{args:?}: {ran:?}");
        assert_eq!(ran.stderr.contains("something was found"), code == 3, "{args:?}: {ran:?}");
    }
}

#[test]
fn a_page_takes_the_place_of_a_longer_one() {
    let dir = Scratch::new();
    let page = dir.at("found.html");
    fs::write(&page, "x".repeat(100_000)).expect("it can be written");
    assert_eq!(run(&["explore", "two_evacuations", "--html", &page]).code, 0);
    let written = fs::read_to_string(page).expect("it was written");
    assert!(written.starts_with("<!doctype html>") && written.ends_with("</html>\n"), "{written}");
}

#[test]
fn scenarios_are_drawn() {
    let drawn = json(&["explore", "--grow", "5", "--strategy", "pos", "--budget", "20", "--json"], 0);
    let again = json(&["explore", "--grow", "5", "--strategy", "pos", "--budget", "20", "--json"], 0);
    assert_eq!(drawn, again, "the same seed draws the same");
    let scenarios = drawn["scenarios"].as_array().expect("a list");
    assert!(scenarios.len() == 5 && scenarios.iter().all(|one| one["sampled"] == 20), "{drawn}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let crowd = vec!["boot"; 80].join("+");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["explore"], 2, "name a scenario, or say --all"),
        (&["explore", "nothing"], 2, "there is no scenario `nothing`; `steadfast explore list` names every"),
        (&["explore", "two_evacuation"], 2, "did you mean `two_evacuations`? `steadfast explore list`"),
        (
            &["explore", "boot+evacute"],
            2,
            "no operation `evacute`, which `boot+evacute` names; did you mean `evacuate`?",
        ),
        (
            &["explore", "boot/agent-crsh"],
            2,
            "no fault `agent-crsh`, which `boot/agent-crsh` names; did you mean `agent-crash`?",
        ),
        (&["explore", "seed/lok/tool"], 2, "did you mean `seed/lock/tool`?"),
        (&["explore", &crowd], 2, "at most 12 operations, and this names 80"),
        (&["explore", "replay", &crowd, "abcd"], 2, "at most 12 operations, and this names 80"),
        (&["explore", "--strategy", "pos", "seed"], 2, "comes first: steadfast explore seed"),
        (&["explore", "two_evacuations", "seed"], 2, "comes first: steadfast explore seed"),
        (
            &["explore", "two_evacuations", "--budget", "soon"],
            2,
            "neither a time for all scenarios together (60s, 5m, 2h",
        ),
        (&["explore", "two_evacuations", "--budget", "0"], 2, "ask for at least 1s, or for 1"),
        (&["explore", "two_evacuations", "--budget", "0s"], 2, "ask for at least 1s, or for 1"),
        (&["explore", "two_evacuations", "--budget", "25h"], 2, "at most 24h"),
        (&["explore", "two_evacuations", "--workers", "0"], 2, "0 is not in 1..="),
        (&["explore", "two_evacuations", "--strategy", "luck"], 2, "[possible values: auto, states"),
        (&["explore", "evacuation_ends_while_audit_runs", "--strategy", "states"], 2, "try --strategy dpor"),
        (&["explore", "--all", "--strategy", "states"], 2, "try --kind shipped"),
        (&["explore", "seed", "--strategy", "states"], 2, "explore evacuate_while_reporting"),
        (&["explore", "seed", "--all"], 2, "unexpected argument '--all'"),
        (&["explore", "replay", "two_evacuations", "a b"], 2, "`a b`: this is not a token"),
        (&["explore", "replay", "unsaved_pins", "UmW9a"], 1, "`UmW9a` is refused by unsaved_pins"),
        (&["explore", "replay", "nothing", "abcd"], 2, "there is no scenario `nothing`"),
        (&["explore", "--all", "two_evacuations"], 2, "cannot be used with"),
        (&["explore", "--grow", "0"], 2, "0 is not in 1..="),
    ];
    for (args, code, says) in cases {
        let ran = run(args);
        assert_eq!(ran.code, *code, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(says) && !ran.stderr.contains("panicked"), "{args:?}: {}", ran.stderr);
    }
}
