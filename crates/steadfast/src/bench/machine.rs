//! What the figures were measured on.

use std::fs;

use serde::Serialize;

/// The machine, as far as figures depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub cpus: usize,
    pub cpu_model: String,
    pub memory_mb: u64,
    pub kernel: String,
    pub version: &'static str,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let memory_kb = value(&read("/proc/meminfo"), "MemTotal").split(' ').next().map(str::to_owned);
        Machine {
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            cpu_model: value(&read("/proc/cpuinfo"), "model name"),
            memory_mb: memory_kb.and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The first value of `key` in the kernel's `key: value` lines.
fn value(text: &str, key: &str) -> String {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        let text = "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nmodel name\t: B\n";
        assert_eq!(value(text, "model name"), "A CPU @ 2 GHz");
        assert_eq!(value("MemTotal:       24000 kB\n", "MemTotal"), "24000 kB");
        assert_eq!(value(text, "flags"), "");
    }
}
