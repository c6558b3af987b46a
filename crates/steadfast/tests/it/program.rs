//! Runs the executable.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The executable under test.
pub const STEADFAST: &str = env!("CARGO_BIN_EXE_steadfast");

/// What one run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end.
pub fn run(args: &[&str]) -> Ran {
    run_in(Path::new("."), args)
}

/// Runs a command to its end, in a directory.
pub fn run_in(dir: &Path, args: &[&str]) -> Ran {
    let command = Command::new(STEADFAST).args(args).current_dir(dir).stdin(Stdio::null()).output();
    let Output { status, stdout, stderr } = command.expect("the executable runs");
    Ran {
        code: status.code().expect("it ends by itself"),
        stdout: String::from_utf8(stdout).expect("it writes text"),
        stderr: String::from_utf8(stderr).expect("it writes text"),
    }
}

/// A directory that is gone with the value.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        let path = std::env::temp_dir().join(format!("steadfast-test-{}", steadfast::world::id()));
        std::fs::create_dir(&path).expect("a directory can be made");
        Scratch(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of something in it, as an argument.
    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("it is text").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A failed test leaves its logs to be read.
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
