//! `steadfast host`: a removed host is let in again, and a dirty device is called clean.

use steadfast::world::{ControlWorld, own_cause};
use steadfast_model::host::Host;
use steadfast_operations::seam::{Transactions, get};
use steadfast_operations::{force_down, remove_host};

use crate::program::{Ran, Scratch, run, run_in};
use crate::scene::{Scene, host, wait_for};

fn readmit(name: &str, store: &str) -> Ran {
    run(&["host", "readmit", name, "--store", store, "--by", "ann"])
}

#[test]
fn a_removed_host_comes_back_once_it_is_readmitted() {
    let scene = Scene::fresh();
    let store = scene.store();
    let world = ControlWorld::open(&store).expect("the site's store");
    let row = || {
        let read = world.view("test", |view| Ok(view.read(get::<Host>(&host("host1")))?));
        scene.block_on(read).expect("the store answers").expect("a tombstone is a row").row.as_ref().clone()
    };
    let present = readmit("host1", &store);
    assert_eq!(present.code, 1, "{present:?}");
    assert!(present.stderr.contains("host1 was not removed: there is nothing to re-admit"), "{present:?}");
    let unknown = readmit("host9", &store);
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert!(unknown.stderr.contains("Compute host host9 could not be found"), "{unknown:?}");

    scene.played("kill", "host1");
    scene.block_on(async {
        force_down(&world, &own_cause(), host("host1")).await.expect("it is known");
        remove_host(&world, &own_cause(), host("host1")).await.expect("nothing is at home there");
    });
    scene.played("start", "host1");
    assert!(row().removed);
    let done = readmit("host1", &store);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.starts_with("host1 is re-admitted, on the request of ann (req-"), "{done:?}");
    assert!(done.stdout.contains("quarantined, and no instance comes there, until"), "{done:?}");
    wait_for("the report without unknown guests", || {
        let row = row();
        (row.lives() && !row.quarantined).then_some(())
    });
    scene.wait_for_rest();
}

fn assert_clean(name: &str, device: &str, dirt: &str, store: &str) -> Ran {
    run(&["host", "assert-clean", name, device, dirt, "--store", store, "--by", "ann"])
}

#[test]
fn a_device_that_cannot_be_sanitised_is_clean_once_somebody_says_so() {
    let mut scene = Scene::fresh();
    scene.sanitize("host1", "echo no luck; exit 1");
    let (store, gpu) = (scene.store(), "0000:40:00.0");
    // What verify says of each device that is stuck.
    let stuck = || -> Vec<(String, String)> {
        let (code, found) = scene.verify();
        assert_eq!(code, 0, "{found}");
        let text = |value: &serde_json::Value| value.as_str().expect("it is text").to_owned();
        let all = found["in_flight"].as_array().expect("a list").iter();
        let all = all.map(|it| (text(&it["what"]), text(&it["waits_for"])));
        all.filter(|(_, waits_for)| waits_for.contains(" (the last time: ")).collect()
    };
    let (what, waits_for) = wait_for("the failures", || stuck().get(7).and(stuck().into_iter().next()));
    let begins = "device host1/0000:40:00.0 is dirty (found in count ";
    let count = what.strip_prefix(begins).and_then(|rest| rest.strip_suffix(')')).expect(&what);
    assert_eq!(
        waits_for,
        format!(
            "host1, which tries again (the last time: the sanitizer ended with exit status: 1 (it said: no luck)), or \
             for somebody to say `steadfast host assert-clean host1 0000:40:00.0 {count}` once they know that it is \
             clean"
        )
    );
    let refused = |name: &str, device: &str, dirt: &str, says: &str| {
        let ran = assert_clean(name, device, dirt, &store);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains(says), "{ran:?}");
    };
    refused("host9", gpu, count, "Compute host host9 could not be found");
    refused("host1", "0000:99:00.0", count, "Device 0000:99:00.0 of host host1 could not be found");
    refused("host1", gpu, "1.9", "is dirty anew: found in count");

    let done = assert_clean("host1", gpu, count, &store);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.starts_with("0000:40:00.0 of host1, found in count "), "{done:?}");
    assert!(done.stdout.contains(", is clean, on the word of ann (req-"), "{done:?}");
    assert_eq!(stuck().len(), 7);
    refused("host1", gpu, count, "Device 0000:40:00.0 of host host1 is clean already");

    // It is the only one that can be had.
    let image = scene.image();
    scene.api("a boot", async |api| api.boot("vm1", "gpu", image, &host("host1")).await);
    wait_for("the boot", || (scene.servers().first()?.status == "ACTIVE").then_some(()));
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let dir = Scratch::new();
    let ran = run_in(dir.path(), &["host", "readmit", "host1", "--store", "sqlite:none.db"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!dir.path().join("none.db").exists());
}
