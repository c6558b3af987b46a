//! One file or link of the kernel's, read with a limit.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::{SkipReason, Skipped, skip};

/// The most bytes that are read of one file. The longest of those read here, a cell's meminfo, has some 2,000.
const LEN_MAX: u64 = 64 * 1024;
/// The most characters of a malformed text that are shown.
const SHOWN_MAX: usize = 80;

/// The text at `path` below `root`, without the blanks around it; nothing where there is no such file.
pub fn read(root: &Path, path: &Path) -> Result<Option<String>, Skipped> {
    let mut text = String::new();
    let read = File::open(root.join(path)).and_then(|file| file.take(LEN_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(len) if len as u64 > LEN_MAX => Err(skip(path, SkipReason::TooLong(LEN_MAX))),
        Ok(_) => Ok(Some(text.trim().to_owned())),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(path, &e)),
    }
}

/// The value at `path`, understood by `parse`; nothing where there is no such file.
pub fn read_as<T>(
    root: &Path,
    path: &Path,
    wanted: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Skipped> {
    let Some(text) = read(root, path)? else { return Ok(None) };
    match parse(&text) {
        Some(value) => Ok(Some(value)),
        None => Err(malformed(path, &text, wanted)),
    }
}

/// Like [`read_as`], of a file that must be there.
pub fn require<T>(
    root: &Path,
    path: &Path,
    wanted: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Skipped> {
    let missing = || skip(path, SkipReason::Unreadable(io::Error::from(ErrorKind::NotFound).to_string()));
    read_as(root, path, wanted, parse)?.ok_or_else(missing)
}

/// The last part of what the link at `path` points to; nothing where there is no such link.
pub fn link_name(root: &Path, path: &Path) -> Result<Option<String>, Skipped> {
    match std::fs::read_link(root.join(path)) {
        Ok(target) => match target.file_name().and_then(|name| name.to_str()) {
            Some(name) => Ok(Some(name.to_owned())),
            None => Err(malformed(path, &target.to_string_lossy(), "a link to a named entry")),
        },
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(path, &e)),
    }
}

/// The names in the folder at `path`, in order; nothing where there is no such folder. Names that are no text
/// are none of the kernel's and are passed over.
pub fn list(root: &Path, path: &Path) -> Result<Option<Vec<String>>, Skipped> {
    let entries = match std::fs::read_dir(root.join(path)) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(path, &e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| unreadable(path, &e))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort_unstable();
    Ok(Some(names))
}

fn unreadable(path: &Path, error: &io::Error) -> Skipped {
    skip(path, SkipReason::Unreadable(error.to_string()))
}

pub fn malformed(path: &Path, text: &str, wanted: &'static str) -> Skipped {
    skip(path, SkipReason::Malformed { text: text.chars().take(SHOWN_MAX).collect(), wanted })
}
