//! Keys and passwords: made at random, written so that only their owner reads them.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::exit::Failure;

/// Random bytes of a key or password: nothing to guess.
const BYTES: usize = 32;

/// Random hexadecimal digits.
pub fn fresh() -> Result<String, Failure> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(Failure::cannot("get random numbers"))?;
    let mut text = String::with_capacity(2 * BYTES);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    Ok(text)
}

/// Writes a file that only its owner reads: as a whole or not at all.
pub fn write(path: &Path, content: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(content.as_bytes())?;
    std::fs::rename(unfinished, path)
}
