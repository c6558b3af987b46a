//! `steadfast verify`: the numbers it ends with.

use crate::program::{Ran, run};
use crate::scene::{Scene, host};

fn verify(store: &str) -> Ran {
    run(&["verify", "--store", store])
}

#[test]
fn a_row_that_was_changed_by_hand_is_named_with_its_remedy() {
    let mut scene = Scene::fresh();
    let image = scene.image();
    scene.api("a boot", async |api| api.boot("vm1", "gpu", image, &host("host1")).await);
    scene.wait_for_rest();
    let store = scene.store();
    let clean = verify(&store);
    assert_eq!(clean.code, 0, "{clean:?}");
    assert!(clean.stdout.contains("1 instances, 1 claims"), "{}", clean.stdout);
    assert!(
        clean.stdout.trim_end().ends_with("clean; no discrepancy, nothing in flight"),
        "{}",
        clean.stdout
    );

    let path = store.strip_prefix("sqlite:").expect("it is a file");
    let database = rusqlite::Connection::open(path).expect("the store");
    let freed = database.execute("UPDATE device SET owner = NULL", []).expect("a column of the device's row");
    assert!(freed > 0);
    let broken = verify(&store);
    assert_eq!(broken.code, 3, "{broken:?}");
    for part in ["VIOLATION S1ExclusiveDevice", "rows: ", "remedy: "] {
        assert!(broken.stdout.contains(part), "{part}: {}", broken.stdout);
    }
}
