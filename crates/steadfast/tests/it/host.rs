//! `steadfast host`: a removed host is let in again.

use steadfast::world::{ControlWorld, own_cause};
use steadfast_model::host::Host;
use steadfast_operations::seam::{Control, get};
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

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let dir = Scratch::new();
    let ran = run_in(dir.path(), &["host", "readmit", "host1", "--store", "sqlite:none.db"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!dir.path().join("none.db").exists());
}
