//! The end of every sanitizer of a host, whoever began it.

use std::io;
use std::path::PathBuf;

use steadfast_model::hypervisor::ActError;

use super::END_TIMEOUT;
use crate::driver::{HostDirectory, cannot, lock, process};

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
