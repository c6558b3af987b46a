//! Says how far a campaign has come, on a terminal, while it runs.

use std::io::{IsTerminal, Write, stderr};
use std::time::Instant;

use steadfast_explore::Meter;

pub(super) struct Progress {
    scenarios: usize,
    begun: Instant,
    terminal: bool,
}

impl Progress {
    pub fn begin(scenarios: usize) -> Progress {
        Progress { scenarios, begun: Instant::now(), terminal: stderr().is_terminal() }
    }

    /// Writes the line anew.
    pub fn show(&self, done: usize, meter: &Meter) {
        if !self.terminal {
            return;
        }
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        let rate = meter.steps() as f64 / seconds;
        let (steps, left) = (meter.steps(), self.scenarios - done);
        // A terminal that takes no more words is not told again.
        let _ = write!(
            stderr(),
            "\r\x1b[K{done} of {} scenarios, {left} left; {steps} states and steps, {rate:.0}/s",
            self.scenarios
        );
    }

    /// Makes room for other words.
    pub fn clear(&self) {
        if self.terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
