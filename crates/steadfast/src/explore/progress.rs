//! Says on standard error how far a campaign has come while it runs: one line that is written anew on a terminal, and a
//! plain line now and then elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use steadfast_explore::{Meter, Reduction};
use steadfast_races::campaign::{Budget, Campaign, Strategy, Watch};
use steadfast_races::catalogue::Kind;

use super::count::counted;
use crate::say::say_aside;

/// How often a plain line is written. More would fill a log, less would look like a command that hangs.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// What a meter counts of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Runs,
    States,
    /// Some scenarios are gone through by states, others by orders.
    Both,
}

impl Unit {
    fn of(strategy: Strategy, kinds: &[Kind]) -> Unit {
        let all = |kind| kinds.iter().all(|one| *one == kind);
        match strategy {
            Strategy::Search(Reduction::States) => Unit::States,
            Strategy::Search(_) | Strategy::Draw(_) => Unit::Runs,
            Strategy::Auto | Strategy::SearchAlone if all(Kind::Legacy) => Unit::Runs,
            Strategy::SearchAlone if all(Kind::Shipped) => Unit::States,
            Strategy::Auto | Strategy::SearchAlone => Unit::Both,
        }
    }

    fn count(self, meter: &Meter) -> u64 {
        match self {
            Unit::Runs => meter.schedules(),
            Unit::States | Unit::Both => meter.steps(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Unit::Runs => "runs",
            Unit::States => "states",
            Unit::Both => "states and steps",
        }
    }
}

/// How far a campaign has come.
#[derive(Debug)]
pub(super) struct Progress {
    scenarios: usize,
    budget: Budget,
    unit: Unit,
    begun: Instant,
    /// When the last plain line was written, after the begin.
    told: Duration,
    terminal: bool,
}

impl Progress {
    pub fn begin(kinds: &[Kind], campaign: Campaign) -> Progress {
        Progress {
            scenarios: kinds.len(),
            budget: campaign.budget,
            unit: Unit::of(campaign.strategy, kinds),
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

    fn line(&self, done: usize, count: u64, elapsed: Duration) -> String {
        let (left, seconds) = (self.scenarios.saturating_sub(done), elapsed.as_secs());
        let rate = count as f64 / elapsed.as_secs_f64().max(0.001);
        let rest = match self.budget {
            Budget::Schedules(most) => format!("at most {most} of each"),
            Budget::Time(time) => format!("{} s left", time.saturating_sub(elapsed).as_secs()),
        };
        let scenarios = counted(self.scenarios as u64, "scenario");
        format!(
            "{done} of {scenarios} done, {left} left; {count} {}, {rate:.0}/s; {seconds} s, {rest}",
            self.unit.name()
        )
    }
}

impl Watch for Progress {
    fn progress(&mut self, done: usize, meter: &Meter) {
        let elapsed = self.begun.elapsed();
        let line = self.line(done, self.unit.count(meter), elapsed);
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
    use steadfast_explore::Draw;

    use super::*;

    fn progress(scenarios: usize, budget: Budget, unit: Unit) -> Progress {
        let (begun, told) = (Instant::now(), Duration::ZERO);
        Progress { scenarios, budget, unit, begun, told, terminal: false }
    }

    #[test]
    fn a_line_says_what_is_done_and_what_is_left() {
        let time = Budget::Time(Duration::from_secs(60));
        let cases = [
            (
                progress(30, time, Unit::States).line(12, 240_000, Duration::from_secs(24)),
                "12 of 30 scenarios done, 18 left; 240000 states, 10000/s; 24 s, 36 s left",
            ),
            (
                progress(1, Budget::Schedules(500), Unit::Runs).line(0, 40, Duration::from_millis(500)),
                "0 of 1 scenario done, 1 left; 40 runs, 80/s; 0 s, at most 500 of each",
            ),
            (
                progress(2, time, Unit::Both).line(2, 90, Duration::from_secs(90)),
                "2 of 2 scenarios done, 0 left; 90 states and steps, 1/s; 90 s, 0 s left",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn what_is_counted_depends_on_the_search() {
        let (ours, historic) = (&[Kind::Shipped][..], &[Kind::Legacy][..]);
        let cases = [
            (Strategy::Auto, ours, Unit::Both),
            (Strategy::Auto, historic, Unit::Runs),
            (Strategy::SearchAlone, ours, Unit::States),
            (Strategy::SearchAlone, &[Kind::Shipped, Kind::Legacy], Unit::Both),
            (Strategy::Search(Reduction::States), ours, Unit::States),
            (Strategy::Search(Reduction::SourceDpor), ours, Unit::Runs),
            (Strategy::Draw(Draw::Walk), ours, Unit::Runs),
        ];
        for (strategy, kinds, unit) in cases {
            assert_eq!(Unit::of(strategy, kinds), unit, "{strategy:?} {kinds:?}");
        }
    }

    #[test]
    fn plain_lines_come_every_ten_seconds() {
        let mut progress = progress(1, Budget::Schedules(1), Unit::Runs);
        let due: Vec<u64> = (0..120)
            .map(|quarter| quarter * 250)
            .filter(|ms| progress.is_due(Duration::from_millis(*ms)))
            .collect();
        assert_eq!(due, [10_000, 20_000]);
    }
}
