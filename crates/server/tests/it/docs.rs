//! docs/api.md says what is served.

use std::fs;

use steadfast_server::{docs, routes};

use crate::world::World;

#[test]
fn the_document_is_written_from_the_route_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let now = docs::api(&routes::all::<World>());
    if std::env::var_os("STEADFAST_WRITE_DOCS").is_some() {
        fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).expect("a folder");
        fs::write(path, &now).expect("docs/api.md can be written");
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    let differs = now.lines().zip(written.lines()).find(|(now, written)| now != written);
    assert!(
        now == written,
        "docs/api.md does not say what is served (first difference: {differs:?}); \
         run the tests with STEADFAST_WRITE_DOCS=1 to write it anew"
    );
}

#[test]
fn no_route_stands_twice_in_the_table() {
    let mut seen = std::collections::BTreeSet::new();
    for route in routes::all::<World>() {
        assert!(seen.insert(format!("{route:?}")), "{route:?}");
    }
}
