//! A file that is written at the end of a search. It is opened before the search begins: nobody waits an hour for a
//! page that cannot be written.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::say::say_aside;

/// A file that can be written. What is in it stays until there is something to put in its place, and if nothing comes, a
/// file that was not there is not there afterwards.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: File,
    /// It was made here, and nothing was written yet.
    is_empty: bool,
}

impl Output {
    /// # Errors
    /// When it cannot be written.
    pub fn open(path: &Path) -> Result<Output, Failure> {
        let is_empty = !path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(Failure::cannot(format_args!("write {}", path.display())))?;
        Ok(Output { path: path.to_owned(), file, is_empty })
    }

    /// # Errors
    /// When something came in the way meanwhile.
    pub fn write(mut self, content: &str) -> Result<(), Failure> {
        self.is_empty = false;
        let written = self.file.metadata().and_then(|now| {
            // A pipe or a terminal cannot be cut.
            if now.is_file() {
                self.file.set_len(0)?;
            }
            self.file.write_all(content.as_bytes())
        });
        written.map_err(Failure::cannot(format_args!("write {}", self.path.display())))?;
        say_aside(format_args!("steadfast: {} is written", self.path.display()));
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.is_empty {
            // Whoever took it away meanwhile has done the same.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
