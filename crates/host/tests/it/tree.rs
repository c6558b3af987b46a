//! Machines as text, expanded into real folders, files and links.
//!
//! ```text
//! # a remark
//! [folder]                 the lines below are in this folder; [] is the root
//! file = content           a line of the file; the same file again is its next line
//! link -> target
//! vf{0..3} -> ../{02..03}.{0..1}
//! ```
//!
//! Braces count, with leading zeros as written. A line with braces stands for as many lines; a target's braces
//! run in step with those of the link and its folder.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Expands the tree `name` of `tests/trees` below `root`.
pub fn plant(name: &str, root: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trees").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    plant_text(&text, root);
}

/// Expands a tree that is at hand.
pub fn plant_text(text: &str, root: &Path) {
    let mut folder = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(named) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            folder = named;
        } else if let Some((link, target)) = line.split_once(" -> ") {
            let (links, targets) = (braces(&format!("{folder}/{link}")), braces(target));
            assert!(targets.len() == 1 || targets.len() == links.len(), "{line}: as many targets as links");
            for (link, target) in links.iter().zip(targets.iter().cycle()) {
                let _ = fs::remove_file(place(root, link));
                symlink(target, place(root, link)).unwrap_or_else(|e| panic!("{link}: {e}"));
            }
        } else {
            let (file, content) =
                line.split_once(" =").unwrap_or_else(|| panic!("{line}: neither file nor link"));
            for file in braces(&format!("{folder}/{file}")) {
                let append = OpenOptions::new().create(true).append(true).open(place(root, &file));
                let written = append.and_then(|mut open| writeln!(open, "{}", content.trim()));
                written.unwrap_or_else(|e| panic!("{file}: {e}"));
            }
        }
    }
}

/// The path below the root, its folder made.
fn place(root: &Path, path: &str) -> std::path::PathBuf {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().expect("it is below the root"))
        .expect("folders can be made in a scratch");
    path
}

/// Every text that the braces count out, the last ones fastest.
fn braces(text: &str) -> Vec<String> {
    let Some((before, rest)) = text.split_once('{') else { return vec![text.to_owned()] };
    let (range, after) = rest.split_once('}').unwrap_or_else(|| panic!("{text}: an open brace"));
    let (first, last) = range.split_once("..").unwrap_or_else(|| panic!("{text}: {range} does not count"));
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|e| panic!("{range}: {e}"));
    let width = first.len();
    let tails = braces(after);
    let each = |n: u32| tails.iter().map(move |tail| (n, tail));
    (number(first)..=number(last))
        .flat_map(each)
        .map(|(n, tail)| format!("{before}{n:0width$}{tail}"))
        .collect()
}
