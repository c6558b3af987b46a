//! The end of sanitizers: of one that is run now, and of every one of a host, whoever began it.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::process::Pid;
use steadfast_model::hypervisor::ActError;

use super::END_TIMEOUT;
use crate::driver::{HostDirectory, cannot, lock, process};

/// How soon it is looked again at a command that hangs.
const HANGS_RETRY: Duration = Duration::from_millis(200);

/// Kills the process group of a command that holds `log`, and all else that holds it, and returns once none of them
/// lives. The group's leader has not been buried.
///
/// What hangs in the kernel may take longer than `timeout`. That is said once, and waited for: who went on would have a
/// guest built on a device that is still being worked on.
pub fn end(group: Pid, log: &Path, timeout: Duration) {
    // What cannot be seen now may be seen later.
    let is_over = || kill(group, log).unwrap_or(false);
    if lock::is_soon(timeout, || Ok(is_over())).is_ok_and(|over| over) {
        return;
    }
    let why = kill(group, log).err().map(|e| e.to_string());
    tracing::warn!(log = %log.display(), why, "a sanitizer does not end, even killed; its order waits until it does");
    while !is_over() {
        thread::sleep(HANGS_RETRY);
    }
}

/// Kills them, and says whether none is left.
fn kill(group: Pid, log: &Path) -> io::Result<bool> {
    // One of them is killed whatever became of the other.
    let killed = [process::kill_group(group), process::kill_holders(log)];
    killed.into_iter().collect::<io::Result<()>>()?;
    Ok(!process::group_lives(group)? && !lock::is_held(log)?)
}

/// Kills what sanitises a device of the host, and returns once nothing does.
pub fn end_all(host: &HostDirectory) -> Result<(), ActError> {
    let end = cannot("end what sanitises devices");
    let mut held = Vec::new();
    let ended = lock::is_soon(END_TIMEOUT, || {
        held = still_held(host)?;
        // Again each time: what was just being started holds its lock before it can be found.
        held.iter().try_for_each(|log| process::kill_holders(log))?;
        Ok(held.is_empty())
    });
    if ended.map_err(&end)? {
        return Ok(());
    }
    let names: Vec<String> = held.iter().map(|log| log.display().to_string()).collect();
    Err(ActError(format!("what sanitises devices does not end, even killed: {}", names.join(", "))))
}

fn still_held(host: &HostDirectory) -> io::Result<Vec<PathBuf>> {
    let mut held = Vec::new();
    for log in host.sanitizer_logs()? {
        if lock::is_held(&log)? {
            held.push(log);
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_hangs_is_waited_for() {
        let path = std::env::temp_dir().join(format!("steadfast-hangs-{}", std::process::id()));
        let log = File::create(&path).expect("a scratch can be written");
        log.lock().expect("locks work here");
        let mut leader = Command::new("true").process_group(0).spawn().expect("it is installed");
        let group = Pid::from_child(&leader);
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let tell_other = tell.clone();
            let path = &path;
            scope.spawn(move || {
                end(group, path, Duration::ZERO);
                tell_other.send("it is over").expect("this test listens");
            });
            // The other thread gets every chance to be through too early.
            (0..1000).for_each(|_| thread::yield_now());
            tell.send("the lock is free").expect("this test listens");
            drop(log);
            assert_eq!(told.recv(), Ok("the lock is free"));
            assert_eq!(told.recv(), Ok("it is over"));
        });
        leader.wait().expect("it is ours");
        fs::remove_file(path).expect("it was made");
    }
}
