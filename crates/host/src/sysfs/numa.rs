//! Processors, memory, and the NUMA cells that they sit in.

use std::path::{Path, PathBuf};

use steadfast_model::numa::Cell;

use super::attribute::{list, malformed, require};
use super::{Skipped, cpulist, meminfo, note};

const NODES: &str = "sys/devices/system/node";
const CPULIST: &str = "a list of processors such as 0-3,8";
const MEMINFO: &str = "an account of memory with a line such as MemTotal: 65832448 kB";

/// Every processor that is online.
pub fn processors(root: &Path) -> Result<Vec<u32>, Skipped> {
    require(root, Path::new("sys/devices/system/cpu/online"), CPULIST, cpulist::parse)
}

/// All memory that the kernel has.
pub fn memory_mb(root: &Path) -> Result<u64, Skipped> {
    require(root, Path::new("proc/meminfo"), MEMINFO, meminfo::total_mb)
}

/// The NUMA cells; nothing if the kernel knows none.
pub fn cells(root: &Path, skipped: &mut Vec<Skipped>) -> Option<Vec<Cell>> {
    let names = note(list(root, Path::new(NODES)), skipped).flatten()?;
    let nodes = names.iter().filter(|name| is_node(name));
    let mut cells: Vec<Cell> = nodes.filter_map(|name| note(cell(root, name), skipped)).collect();
    cells.sort_by_key(|cell| cell.id);
    Some(cells)
}

/// `node0` is one; the files beside it are not.
fn is_node(name: &str) -> bool {
    name.strip_prefix("node").is_some_and(|id| id.starts_with(|c: char| c.is_ascii_digit()))
}

fn cell(root: &Path, name: &str) -> Result<Cell, Skipped> {
    let path = PathBuf::from(NODES).join(name);
    let id = name.strip_prefix("node").and_then(|id| id.parse().ok());
    Ok(Cell {
        id: id.ok_or_else(|| malformed(&path, name, "the name of a NUMA cell"))?,
        cpus: require(root, &path.join("cpulist"), CPULIST, cpulist::parse)?,
        memory_mb: require(root, &path.join("meminfo"), MEMINFO, meminfo::total_mb)?,
    })
}
