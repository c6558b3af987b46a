//! The parts of a round, as workers take them and bring them back.
//!
//! What a scenario comes to does not depend on who did which part, nor when: random runs count in the order of their
//! numbers up to the first that goes wrong, and not at all where the search told all by itself.

use std::collections::BTreeMap;

use steadfast_explore::{Meter, Sampled, Unfinished};

use super::Explored;
use super::part::{Drawn, Outcome, Part, Plan};

/// How many random runs are one part. A worker learns from twenty before the first of them.
const RUNS: u64 = 500;

/// What is done of a round, and what is left.
#[derive(Debug)]
pub(super) struct Board {
    scenarios: Vec<Progress>,
    meter: Meter,
}

/// How far a scenario has come.
#[derive(Debug)]
struct Progress {
    plan: Plan,
    meter: Meter,
    /// Whether somebody has taken the search.
    taken: bool,
    /// What came of it; nothing special of one that is not searched.
    searched: Option<Explored>,
    /// The first run that nobody has taken.
    next: u64,
    /// How many parts of runs are under way.
    out: usize,
    /// What came of runs, by the number of the first.
    drawn: BTreeMap<u64, Result<Sampled, Unfinished>>,
    /// Whether it was told what the scenario came to.
    told: bool,
}

fn is_wrong(outcome: &Result<Sampled, Unfinished>) -> bool {
    outcome.as_ref().map_or(true, |sampled| sampled.violation.is_some())
}

impl Progress {
    fn new(plan: Plan, meter: Meter) -> Progress {
        let searched = plan.search.is_none().then(Explored::default);
        let next = plan.drawn.as_ref().map_or(0, |drawn| drawn.runs.start);
        let (drawn, taken) = (BTreeMap::new(), searched.is_some());
        Progress { plan, meter, taken, searched, next, out: 0, drawn, told: false }
    }

    /// The random runs that somebody should take now.
    fn wanted(&self) -> Option<&Drawn> {
        let drawn = self.plan.drawn.as_ref().filter(|drawn| self.next < drawn.runs.end)?;
        let useful = match &self.searched {
            Some(searched) => !drawn.aside && !searched.is_done(),
            None => true,
        };
        (useful && !self.told && !self.drawn.values().any(is_wrong)).then_some(drawn)
    }

    fn take_runs(&mut self) -> Option<Part> {
        let drawn = self.wanted()?;
        let (draw, end) = (drawn.draw, drawn.runs.end.min(self.next.saturating_add(RUNS)));
        let runs = self.next..end;
        self.next = end;
        self.out += 1;
        Some(Part::Runs(draw, runs))
    }

    /// What the scenario came to, once nothing is left to do of it.
    fn came_to(&mut self, stopped: bool) -> Option<Explored> {
        let searched = self.searched.as_ref().filter(|_| !self.told)?;
        if !searched.is_done() && (self.out > 0 || self.wanted().is_some() && !stopped) {
            return None;
        }
        self.told = true;
        let mut explored = searched.clone();
        for outcome in std::mem::take(&mut self.drawn).into_values() {
            if explored.is_done() {
                break;
            }
            explored.draws(outcome);
        }
        Some(explored)
    }
}

impl Board {
    pub fn new(plans: impl IntoIterator<Item = Plan>, meter: &Meter) -> Board {
        let scenarios = plans.into_iter().map(|plan| Progress::new(plan, meter.part())).collect();
        Board { scenarios, meter: meter.clone() }
    }

    /// The next part, with the place of its scenario and the meter that it counts on. Runs that will count come first,
    /// so that scenarios are told in their turn; runs beside a search that goes on come last.
    pub fn hand_out(&mut self) -> Option<(usize, Part, Meter)> {
        let stopped = self.meter.is_stopped();
        let runs = |searched: bool| {
            let of = move |one: &Progress| one.searched.is_some() == searched && one.wanted().is_some();
            move |one: &Progress| !stopped && of(one)
        };
        let scenarios = &mut self.scenarios;
        let place = scenarios.iter().position(runs(true));
        let place = place.or_else(|| scenarios.iter().position(|one| !one.taken));
        let place = place.or_else(|| scenarios.iter().position(runs(false)))?;
        let one = &mut scenarios[place];
        let part = match one.plan.search.filter(|_| !one.taken) {
            Some(search) => {
                one.taken = true;
                Part::Search(search)
            }
            None => one.take_runs().expect("it was chosen because it wants some"),
        };
        Some((place, part, one.meter.clone()))
    }

    /// Takes what came of a part. Answers what its scenario came to, where that was the last one.
    pub fn take(&mut self, place: usize, outcome: Outcome) -> Option<Explored> {
        let one = &mut self.scenarios[place];
        match outcome {
            Outcome::Searched(explored) => one.searched = Some(explored),
            Outcome::Drawn(first, outcome) => {
                one.out -= 1;
                if is_wrong(&outcome) && one.plan.drawn.as_ref().is_some_and(|drawn| drawn.aside) {
                    one.meter.stop();
                }
                one.drawn.insert(first, outcome);
            }
        }
        one.came_to(self.meter.is_stopped())
    }

    /// Scenarios of which nobody brings back a part any more.
    pub fn rest(&mut self) -> Vec<(usize, Explored)> {
        let scenarios = self.scenarios.iter_mut().enumerate();
        scenarios.filter_map(|(place, one)| Some((place, one.came_to(true)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use steadfast_explore::{Draw, Reduction, Violation};

    use super::*;

    /// What came of a part. Runs whose first is `wrong_in` go wrong at the third.
    fn outcome(part: &Part, exhausted: bool, wrong_in: u64) -> Outcome {
        match part {
            Part::Search(_) => Outcome::Searched(Explored { states: 7, exhausted, ..Explored::default() }),
            Part::Runs(_, runs) => {
                let violation = Violation { message: "Wrong: so".to_owned(), path: Vec::new() };
                let violation = (runs.start == wrong_in).then_some((wrong_in, violation));
                let schedules = if violation.is_some() { 3 } else { runs.end - runs.start };
                Outcome::Drawn(runs.start, Ok(Sampled { schedules, violation, ..Sampled::default() }))
            }
        }
    }

    /// Takes all that is handed out before it brings back anything, the last part first or the first one.
    fn come_to(plan: &Plan, at_once: usize, last_first: bool, exhausted: bool, wrong_in: u64) -> Explored {
        let mut board = Board::new([plan.clone()], &Meter::default());
        loop {
            let mut parts = Vec::new();
            while parts.len() < at_once {
                let Some((_, part, _)) = board.hand_out() else { break };
                parts.push(part);
            }
            assert!(!parts.is_empty(), "nothing is left, and nothing was told");
            if last_first {
                parts.reverse();
            }
            for part in parts {
                if let Some(explored) = board.take(0, outcome(&part, exhausted, wrong_in)) {
                    return explored;
                }
            }
        }
    }

    /// However many workers there are, and whoever is first.
    #[test]
    fn what_comes_out_does_not_depend_on_who_did_what() {
        let drawn = Some(Drawn { draw: Draw::Walk, runs: 100..1_700, aside: false });
        let runs = Plan { search: None, drawn: drawn.clone() };
        let both = Plan { search: Some((Reduction::States, 7)), drawn };
        let nowhere = u64::MAX;
        let cases = [
            ("only runs", &runs, false, nowhere, (0, 1_600, false)),
            ("only runs, which go wrong", &runs, false, 600, (0, 503, true)),
            ("a search that tells all", &both, true, 600, (7, 0, false)),
            ("a search that does not", &both, false, nowhere, (7, 1_600, false)),
            ("a search that does not, and runs that go wrong", &both, false, 1_100, (7, 1_003, true)),
        ];
        for (name, plan, exhausted, wrong_in, expected) in cases {
            for at_once in 1..=6 {
                for last_first in [false, true] {
                    let came = come_to(plan, at_once, last_first, exhausted, wrong_in);
                    let came = (came.states, came.sampled, came.violation.is_some());
                    assert_eq!(came, expected, "{name}, {at_once} at once, {last_first}");
                }
            }
        }
    }

    /// A scenario that is searched alone leaves no worker idle, and what goes wrong beside the search ends it.
    #[test]
    fn runs_aside_end_the_search_that_they_find_more_than() {
        let plan = Plan { search: Some((Reduction::States, 7)), drawn: None }.drawing_aside(0);
        let mut board = Board::new([plan], &Meter::default());
        let (_, search, meter) = board.hand_out().expect("the search");
        let (_, runs, _) = board.hand_out().expect("runs beside it");
        assert!(board.take(0, outcome(&runs, false, 0)).is_none() && meter.is_stopped());
        assert_eq!(board.hand_out().map(|(_, part, _)| part), None);
        let came = board.take(0, outcome(&search, false, 0)).expect("nothing is left");
        assert!(came.violation.is_some() && !came.exhausted);
    }
}
