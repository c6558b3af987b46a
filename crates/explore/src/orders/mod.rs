//! Systematic search through the orders of steps, each run from the start: up to the point where it is to go another
//! way than the one before, it is answered as that one was, and tasks that are of no consequence to what is left are
//! left out. From there on its steps are done, or looked up.
//!
//! With [`Reduction::SourceDpor`] only those orders are tried that can differ: when a step is found to race with an
//! earlier one, the other way round is left to be tried at the point before the earlier one (source sets, after Abdulla
//! and others), and a step that was tried at a point sleeps below its siblings until something meets it.
//!
//! What a step touches may follow from what it reads, so it can be something else once another step came first. Where a
//! step sleeps, it is known what it touches there, and that counts for it from then on: whoever meets it only there
//! must still be tried before it.
//!
//! Steps can also disable each other: a gate shuts, an alternative is given up, a node dies. Such a pair is a race
//! although one of the two never happens, so there are more rules. A step that was open and is no longer is lost: it is
//! to be tried at the point where it was, and after whatever else could have come before the step that took it away. A
//! step whose gate is shut when it is asked for is to be tried wherever it could have come earlier. Whoever gives up a
//! step with a shut gate has read what the gate is read from.

mod company;
mod deeds;
mod point;
mod races;

use std::sync::Arc;

use crate::clock::Clock;
use crate::event::{Event, Waypoint};
use crate::executor::StepId;
use crate::run::{Run, Unfinished, Why, Wrong};
use crate::search::{Found, Listener, Options, Reduction, Violation};
use crate::steady::Steady;
use crate::world::Scenario;
use company::{company, meets};
use deeds::{Deeds, Seen};
use point::{Known, Point};

/// How many runs a search makes before it says again what is left.
const RUNS_PER_COUNT: u64 = 1_000;

/// Goes through orders.
///
/// # Errors
/// When a run does not end, or when a step does something else where it meets the same.
pub(crate) fn search_orders<S: Scenario>(
    scenario: &S,
    options: &Options,
    tell: Listener<'_, S::World>,
) -> Result<Found, Unfinished> {
    let looks_up = options.reduction == Reduction::SourceDpor && options.limits.merges.is_empty();
    let deeds = looks_up.then(Deeds::default);
    let mut orders =
        Orders { scenario, options, points: Vec::new(), families: None, deeds, found: Found::default() };
    let (origin, mut leaves) = (Arc::new(scenario.world()), options.meter.leaves());
    for runs in 1_u64.. {
        orders.run(&origin, tell)?;
        options.meter.count_run();
        if runs % RUNS_PER_COUNT == 0 {
            leaves.so_many(orders.left());
        }
        let all = orders.found.schedules + orders.found.skipped >= options.schedules_max;
        let enough = all || options.meter.is_stopped();
        let stop = enough || (options.stop_at_violation && orders.found.violation.is_some());
        let more = orders.backtrack();
        if stop || !more {
            orders.found.exhausted = !more;
            orders.found.left = orders.left();
            break;
        }
    }
    Ok(orders.found)
}

struct Orders<'a, S: Scenario> {
    scenario: &'a S,
    options: &'a Options,
    /// The choices of the present run, from its start.
    points: Vec<Point<S::World>>,
    /// The tasks that others had started before the first step, each with whoever started it; none if they may know
    /// more of each other.
    families: Option<Vec<[u64; 2]>>,
    /// What steps did; none where each is done.
    deeds: Option<Deeds<S::World>>,
    found: Found,
}

impl<S: Scenario> Orders<'_, S> {
    /// Runs once: along the points that stand, then on with the first choice at each new one. Steps along points
    /// that stand were judged by the run that first did them: what was wrong then is wrong with this run as well.
    fn run(&mut self, origin: &Arc<S::World>, tell: Listener<'_, S::World>) -> Result<(), Unfinished> {
        let (scenario, limits) = (self.scenario, &self.options.limits);
        let company = company(&self.points, self.families.as_deref());
        let mut run = Run::begin_with(scenario, limits, origin, company.as_deref());
        run.keep_answers();
        self.come_back(&mut run, company.as_deref());
        let inherited = run.wrong.is_some();
        let mut next = match self.points.last() {
            None => {
                self.families = run.families();
                Some(run.open())
            }
            Some(_) => self.step(&mut run)?,
        };
        let skipped = loop {
            let Some(open) = next else { break true };
            if open.is_empty() {
                break false;
            }
            if run.depth >= self.options.limits.steps_max {
                return Err(self.unfinished(Why::TooLong));
            }
            if !self.point(open, &run) {
                break true;
            }
            next = self.step(&mut run)?;
        };
        self.found.depth = self.found.depth.max(run.depth);
        if skipped {
            self.found.skipped += 1;
            return Ok(());
        }
        self.found.schedules += 1;
        let known = run.wrong.is_some();
        let wrong = self.rest(&mut run);
        run.world(|world| tell(world, wrong.as_ref()));
        match wrong {
            Some(_) if inherited => self.found.violations += 1,
            Some(wrong) if !known => self.note(wrong),
            Some(_) | None => {}
        }
        Ok(())
    }

    /// Judges a run that came to rest. Answers what is wrong with it.
    fn rest(&mut self, run: &mut Run<'_, S>) -> Option<Wrong> {
        let place = self.points.last().and_then(|last| last.after.clone());
        let judged = match (&mut self.deeds, place) {
            (Some(deeds), Some(place)) if run.wrong.is_none() => deeds.at_rest(&place, || run.at_rest()),
            _ => return run.rest(),
        };
        judged.map(|message| Wrong { message, after: None })
    }

    /// Something is wrong with a run, after the steps chosen so far.
    fn note(&mut self, Wrong { message, .. }: Wrong) {
        self.found.violations += 1;
        let path = self.path();
        self.found.violation.get_or_insert(Violation { message, path });
    }

    /// Leads a run to the last point: what does not concern its tasks is left out.
    fn come_back(&mut self, run: &mut Run<'_, S>, company: Option<&[u64]>) {
        let Some((last, before)) = self.points.split_last() else { return };
        for point in before {
            let (event, _) = point.event();
            if company.is_none_or(|company| meets(company, &event.company)) {
                let recalled = run.recall(point.chosen, &point.waypoint, &event.answers);
                self.found.recalled += u64::from(recalled);
            } else {
                run.leave_out();
                self.found.recalled += 1;
                self.found.left_out += 1;
            }
            run.wrong = run.wrong.take().or_else(|| point.wrong.clone());
        }
        last.waypoint.iter().for_each(|place| run.put(&place.world));
        self.found.steps += before.len() as u64;
    }

    fn unfinished(&self, why: Why) -> Unfinished {
        Unfinished { path: self.path(), why }
    }

    fn path(&self) -> Vec<StepId> {
        self.points.iter().map(|point| point.chosen).collect()
    }

    /// A new point, with a first step to try there; false if all that can happen there sleeps.
    fn point(&mut self, open: Vec<StepId>, run: &Run<'_, S>) -> bool {
        let asleep = self.still_asleep(&open);
        let awake = |id: &&StepId| !asleep.iter().any(|sleeper| sleeper.id == **id);
        let Some(chosen) = open.iter().find(awake).copied() else { return false };
        let mut left: Vec<StepId> = match self.options.reduction {
            Reduction::SourceDpor => Vec::new(),
            Reduction::Nothing | Reduction::SleepSets | Reduction::States => {
                open.iter().filter(awake).skip(1).copied().collect()
            }
        };
        left.reverse();
        let (known, lost) = (Vec::new(), Vec::new());
        let waypoint = self.points.last().map_or_else(|| run.waypoint(), |before| before.after.clone());
        let (event, wrong, after, tasks) = (None, None, None, run.alive());
        self.points.push(Point {
            open,
            chosen,
            left,
            asleep,
            known,
            lost,
            event,
            wrong,
            tasks,
            waypoint,
            after,
        });
        true
    }

    /// What slept at the point before, or was tried there already, sleeps on unless the step in between meets it.
    fn still_asleep(&self, open: &[StepId]) -> Vec<Known> {
        let Some(before) = self.points.last() else { return Vec::new() };
        let (event, _) = before.event();
        let sleeps_on = |sleeper: &&Known| !sleeper.marks.meets(&event.marks) && open.contains(&sleeper.id);
        before.asleep.iter().filter(sleeps_on).cloned().collect()
    }

    /// Does the step chosen at the last point. Answers what can happen after it; nothing if the run ends here because
    /// another step is to be tried at this point first.
    fn step(&mut self, run: &mut Run<'_, S>) -> Result<Option<Vec<StepId>>, Unfinished> {
        let known = run.wrong.is_some();
        let (event, after) = self.event(run)?;
        self.found.steps += 1;
        let last = self.points.last_mut().expect("a step is chosen at a point");
        last.after = after;
        // Noted before the step may be put off: it is this one that is wrong.
        last.wrong = run.wrong.clone().filter(|_| !known);
        if let Some(wrong) = last.wrong.clone() {
            self.note(wrong);
        }
        Ok(self.reduce(run, event))
    }

    /// What comes of the step chosen at the last point, and where the run is then: the step is done, or looked up.
    fn event(&mut self, run: &mut Run<'_, S>) -> Result<(Event, Waypoint<S::World>), Unfinished> {
        let last = self.points.last().expect("a step is chosen at a point");
        let (id, before) = (last.chosen, last.waypoint.clone());
        let place = before.as_ref().filter(|_| self.deeds.is_some());
        let meeting = place.map(|place| Steady::of(&(place.digest(), run.number(id))));
        let mut deeds = self.deeds.as_mut().zip(meeting);
        if let Some(seen) = deeds.as_mut().and_then(|(deeds, meeting)| deeds.look_up(*meeting)) {
            self.found.recalled += 1;
            let event = run.again(id, &seen.deed, (&seen.after.world, &seen.wrong));
            let alike = event.answers.only().is_some();
            return Ok((event, if alike { Some(seen.after) } else { run.waypoint() }));
        }
        let event = run.step(id);
        let after = if event.changes { run.waypoint() } else { before };
        let same = match (deeds, Seen::of(&event, &after)) {
            (Some((deeds, meeting)), Some(seen)) => deeds.add(meeting, seen),
            _ => true,
        };
        if same { Ok((event, after)) } else { Err(self.unfinished(Why::Strays)) }
    }

    /// Finds which steps race with the one just done.
    fn reduce(&mut self, run: &Run<'_, S>, mut event: Event) -> Option<Vec<StepId>> {
        let at = self.points.len() - 1;
        let open = run.open();
        if self.options.reduction != Reduction::SourceDpor {
            self.points[at].event = Some((event, Clock::default()));
            return Some(open);
        }
        let before = self.points[..at].iter().filter_map(|point| point.touches(event.id));
        before.for_each(|known| event.marks.join(&known.marks));
        let mut clock = self.races(at, (event.id, event.born, &event.marks));
        self.points[at].event = Some((event, clock));
        if !self.lose(at, &open) {
            return None;
        }
        clock.add(at);
        self.races_with_lost(at, &clock);
        for shut in run.shut() {
            self.races(at + 1, (shut.id, at + 1, &shut.marks));
        }
        Some(open)
    }

    /// How many steps are left to be tried: the chosen one of the last point, if it is still to be done, and others.
    fn left(&self) -> u64 {
        let chosen = u64::from(self.points.last().is_some_and(|last| last.event.is_none()));
        self.points.iter().map(|point| point.left.len() as u64).sum::<u64>() + chosen
    }

    /// Goes back to the last point with a step left to try. Answers whether there is one.
    fn backtrack(&mut self) -> bool {
        while let Some(mut point) = self.points.pop() {
            // A point whose step was put off stands, with another step to be done.
            if let Some((event, _)) = point.event.take() {
                let Some(next) = point.left.pop() else { continue };
                if self.options.reduction != Reduction::Nothing {
                    point.asleep.push(Known { id: event.id, marks: event.marks });
                }
                point.chosen = next;
            }
            self.points.push(point);
            return true;
        }
        false
    }
}
