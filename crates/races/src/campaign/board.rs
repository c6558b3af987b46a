//! The parts of a round, as workers take them and bring them back.
//!
//! What a scenario comes to does not depend on who did which part, nor when: random runs count in the order of their
//! numbers up to the first that goes wrong, and not at all where the search told all by itself.

use std::collections::BTreeMap;
use std::ops::Range;

use steadfast_explore::{Meter, Sampled, Unfinished};

use super::Explored;
use super::part::{Drawn, Outcome, Part, Plan};

/// How many random runs are one part. A worker learns from twenty before the first of them.
pub(super) const RUNS: u64 = 500;

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
    /// What came of the runs before `up_to`.
    drawn: Explored,
    up_to: u64,
    /// What came of parts after a gap, by their first run, each with its end.
    beyond: BTreeMap<u64, (u64, Result<Sampled, Unfinished>)>,
    /// Some run has gone wrong.
    wrong: bool,
    /// Whether it was told what the scenario came to.
    told: bool,
}

impl Progress {
    fn new(plan: Plan, meter: Meter) -> Progress {
        let searched = plan.search.is_none().then(Explored::default);
        let next = plan.drawn.as_ref().map_or(0, |drawn| drawn.runs.start);
        Progress {
            plan,
            meter,
            taken: searched.is_some(),
            searched,
            next,
            out: 0,
            drawn: Explored::default(),
            up_to: next,
            beyond: BTreeMap::new(),
            wrong: false,
            told: false,
        }
    }

    /// The random runs that somebody should take now.
    fn wanted(&self) -> Option<&Drawn> {
        let drawn = self.plan.drawn.as_ref().filter(|drawn| self.next < drawn.runs.end)?;
        let useful = match &self.searched {
            Some(searched) => !drawn.aside && !searched.is_done(),
            None => true,
        };
        (useful && !self.told && !self.wrong).then_some(drawn)
    }

    /// How many runs were taken.
    fn taken_runs(&self) -> u64 {
        self.plan.drawn.as_ref().map_or(0, |drawn| self.next - drawn.runs.start)
    }

    fn take_runs(&mut self) -> Option<Part> {
        let drawn = self.wanted()?;
        let (draw, end) = (drawn.draw, drawn.runs.end.min(self.next.saturating_add(RUNS)));
        let runs = self.next..end;
        self.next = end;
        self.out += 1;
        Some(Part::Runs(draw, runs))
    }

    /// Takes what came of a part, and counts what follows on what was counted.
    fn bring_runs(&mut self, runs: Range<u64>, outcome: Result<Sampled, Unfinished>) {
        self.out -= 1;
        self.wrong |= outcome.as_ref().map_or(true, |sampled| sampled.violation.is_some());
        if self.wrong && self.plan.drawn.as_ref().is_some_and(|drawn| drawn.aside) {
            self.meter.stop();
        }
        self.beyond.insert(runs.start, (runs.end, outcome));
        while let Some((end, outcome)) = self.beyond.remove(&self.up_to).filter(|_| !self.drawn.is_done()) {
            self.drawn.draws(outcome);
            self.up_to = end;
        }
    }

    /// What the scenario came to, once nothing is left to do of it.
    fn came_to(&mut self, stopped: bool) -> Option<Explored> {
        let searched = self.searched.as_ref().filter(|_| !self.told)?;
        if !searched.is_done() && (self.out > 0 || self.wanted().is_some() && !stopped) {
            return None;
        }
        self.told = true;
        // What is still under way counts no more.
        self.meter.stop();
        let mut explored = searched.clone();
        if !explored.is_done() {
            explored.and_drawn(std::mem::take(&mut self.drawn));
        }
        if !explored.is_done() {
            explored.drawn_to = self.next;
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
    /// so that scenarios are told in their turn; runs beside a search that goes on come last, of the scenario that had
    /// the fewest.
    pub fn hand_out(&mut self) -> Option<(usize, Part, Meter)> {
        let stopped = self.meter.is_stopped();
        let runs = |searched: bool| {
            let of = move |one: &Progress| one.searched.is_some() == searched && one.wanted().is_some();
            move |one: &Progress| !stopped && of(one)
        };
        let scenarios = &mut self.scenarios;
        let place = scenarios.iter().position(runs(true));
        let place = place.or_else(|| scenarios.iter().position(|one| !one.taken));
        let place = place.or_else(|| {
            let beside = scenarios.iter().enumerate().filter(|(_, one)| runs(false)(one));
            beside.min_by_key(|(_, one)| one.taken_runs()).map(|(place, _)| place)
        })?;
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
            Outcome::Drawn(runs, outcome) => one.bring_runs(runs, outcome),
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
                Outcome::Drawn(runs.clone(), Ok(Sampled { schedules, violation, ..Sampled::default() }))
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

    /// What goes on in a later round begins with runs that nobody has begun, wherever a deadline cut those that were.
    #[test]
    fn no_run_is_begun_twice() {
        let drawn = Some(Drawn { draw: Draw::Walk, runs: 0..u64::MAX, aside: false });
        let meter = Meter::default();
        let mut board = Board::new([Plan { search: None, drawn }], &meter);
        let parts: Vec<_> = (0..3).filter_map(|_| board.hand_out()).collect();
        meter.stop();
        let mut came = None;
        for ((_, part, _), schedules) in parts.into_iter().zip([RUNS, 120, 80]) {
            let Part::Runs(_, runs) = part else { panic!("nothing is searched") };
            let sampled = Sampled { schedules, ..Sampled::default() };
            came = board.take(0, Outcome::Drawn(runs, Ok(sampled)));
        }
        let came = came.expect("nobody brings anything more");
        assert_eq!((came.sampled, came.drawn_to), (RUNS + 200, 3 * RUNS));
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
