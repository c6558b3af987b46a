//! Says on standard error how far a campaign has come while it runs: one line that is written anew on a terminal, and a
//! plain line now and then elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use steadfast_explore::Meter;
use steadfast_races::campaign::{Budget, Watch};

use super::count::counted;
use crate::say::say_aside;

/// How often a plain line is written. More would fill a log, less would look like a command that hangs.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// How far a campaign has come.
#[derive(Debug)]
pub(super) struct Progress {
    scenarios: usize,
    budget: Budget,
    begun: Instant,
    /// When the last plain line was written, after the begin.
    told: Duration,
    terminal: bool,
}

impl Progress {
    pub fn begin(scenarios: usize, budget: Budget) -> Progress {
        Progress {
            scenarios,
            budget,
            begun: Instant::now(),
            told: Duration::ZERO,
            terminal: stderr().is_terminal(),
        }
    }

    /// Makes room for other words.
    pub fn clear(&self) {
        if self.terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }

    /// Whether a plain line is due, after so long.
    fn is_due(&mut self, elapsed: Duration) -> bool {
        let due = elapsed >= self.told + PLAIN_EVERY;
        if due {
            self.told = elapsed;
        }
        due
    }

    fn line(&self, done: usize, (states, runs, known): (u64, u64, u64), elapsed: Duration) -> String {
        let (left, seconds) = (self.scenarios.saturating_sub(done), elapsed.as_secs());
        let counts = [(states, "state"), (runs, "run")].into_iter().filter(|(count, _)| *count > 0);
        let rate = |count: u64| count as f64 / elapsed.as_secs_f64().max(0.001);
        let counts = counts.map(|(count, what)| format!("{}, {:.0}/s", counted(count, what), rate(count)));
        let tried = counts.collect::<Vec<_>>().join("; ");
        let tried = if tried.is_empty() { "nothing tried yet".to_owned() } else { tried };
        let rest = match self.budget {
            Budget::Schedules(most) => format!("at most {most} of each"),
            Budget::Time(time) => format!("{} s left", time.saturating_sub(elapsed).as_secs()),
        };
        let scenarios = counted(self.scenarios as u64, "scenario");
        let known = if known > 0 { format!(", {known} known to be left") } else { String::new() };
        format!("{done} of {scenarios} done, {left} left; {tried}{known}; {seconds} s, {rest}")
    }
}

impl Watch for Progress {
    fn progress(&mut self, done: usize, meter: &Meter) {
        let elapsed = self.begun.elapsed();
        let line = self.line(done, (meter.states(), meter.schedules(), meter.left()), elapsed);
        if self.terminal {
            // What is too long for the terminal is cut, not carried over: only one line can be written anew. A terminal
            // that takes no more words is not told again.
            let _ = write!(stderr(), "\r\x1b[K\x1b[?7l{line}\x1b[?7h");
        } else if self.is_due(elapsed) {
            say_aside(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(scenarios: usize, budget: Budget) -> Progress {
        let (begun, told) = (Instant::now(), Duration::ZERO);
        Progress { scenarios, budget, begun, told, terminal: false }
    }

    #[test]
    fn a_line_says_what_is_done_and_what_is_left() {
        let time = Budget::Time(Duration::from_secs(60));
        let cases = [
            (
                progress(30, time).line(12, (240_000, 0, 1_234), Duration::from_secs(24)),
                "12 of 30 scenarios done, 18 left; 240000 states, 10000/s, 1234 known to be left; 24 s, 36 s left",
            ),
            (
                progress(1, Budget::Schedules(500)).line(0, (0, 40, 0), Duration::from_millis(500)),
                "0 of 1 scenario done, 1 left; 40 runs, 80/s; 0 s, at most 500 of each",
            ),
            (
                progress(2, time).line(2, (90, 1, 0), Duration::from_secs(90)),
                "2 of 2 scenarios done, 0 left; 90 states, 1/s; 1 run, 0/s; 90 s, 0 s left",
            ),
            (
                progress(2, time).line(0, (0, 0, 0), Duration::ZERO),
                "0 of 2 scenarios done, 2 left; nothing tried yet; 0 s, 60 s left",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn plain_lines_come_every_ten_seconds() {
        let mut progress = progress(1, Budget::Schedules(1));
        let due: Vec<u64> = (0..120)
            .map(|quarter| quarter * 250)
            .filter(|ms| progress.is_due(Duration::from_millis(*ms)))
            .collect();
        assert_eq!(due, [10_000, 20_000]);
    }
}
