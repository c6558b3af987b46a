//! Depth-first search through the orders of steps, each run from the start.

use std::collections::BTreeSet;

use crate::executor::{
    Core, Footprint, Granted, Shared, StepId, TaskPath, World, finish, grant, lock, settle,
};
use crate::handle::Handle;

/// A world to begin with, tasks to run in it, and what must be true.
pub trait Scenario {
    type World: World;

    fn world(&self) -> Self::World;

    /// Starts the tasks whose orders are tried.
    fn start(&self, world: &Handle<Self::World>);

    /// What must be true after every step.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn always(&self, _world: &Self::World) -> Result<(), String> {
        Ok(())
    }

    /// What must be true when nothing is left to happen.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn at_rest(&self, _world: &Self::World) -> Result<(), String> {
        Ok(())
    }
}

/// How to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Skip orders that differ from a tried one only in steps that touch nothing in common.
    pub reduce: bool,
    /// End with the first violation.
    pub stop_at_violation: bool,
    /// The longest run. A longer one means that something goes round in circles.
    pub steps_max: usize,
    /// How many runs to try at most.
    pub schedules_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { reduce: true, stop_at_violation: false, steps_max: 400, schedules_max: u64::MAX }
    }
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    pub node: String,
    pub task: String,
    pub label: String,
}

/// The steps of a run, in order.
pub type Trace = Vec<TraceStep>;

/// A run that came out wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub message: String,
    pub trace: Trace,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Complete runs.
    pub schedules: u64,
    /// Runs that were given up because another order covers them.
    pub skipped: u64,
    pub steps: u64,
    /// Whether every order was tried or covered.
    pub exhausted: bool,
    /// The first violation, and how many runs came out wrong.
    pub violation: Option<Violation>,
    pub violations: u64,
    /// Every step label that happened in some run.
    pub labels: BTreeSet<String>,
}

/// A run did not end within [`Options::steps_max`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overrun {
    pub trace: Trace,
}

/// A step that was done, and everything that it touched.
#[derive(Debug, Clone)]
struct Done<F> {
    id: StepId,
    footprint: F,
    touched: BTreeSet<TaskPath>,
    nodes: BTreeSet<String>,
    killed: BTreeSet<String>,
    shown: TraceStep,
}

impl<F: Footprint> Done<F> {
    fn meets(&self, other: &Done<F>) -> bool {
        !self.touched.is_disjoint(&other.touched)
            || !self.killed.is_disjoint(&other.nodes)
            || !self.nodes.is_disjoint(&other.killed)
            || self.footprint.meets(&other.footprint)
    }
}

/// A point of the present run at which a step was chosen.
#[derive(Debug)]
struct Node<F> {
    chosen: StepId,
    /// Steps to try here after the chosen one.
    left: Vec<StepId>,
    /// Steps that need not be tried here: each leads to orders that were tried from elsewhere.
    asleep: Vec<Done<F>>,
    /// The chosen step, once it was done here.
    done: Option<Done<F>>,
}

/// Runs the tasks to rest in one fixed order: how a scenario gets the world that it begins with.
///
/// # Errors
/// When the run does not end within `steps_max`.
pub fn rehearse<W: World>(world: W, steps_max: usize, start: impl FnOnce(&Handle<W>)) -> Result<W, Overrun> {
    let core = Core::shared(world);
    start(&Handle(std::sync::Arc::clone(&core)));
    settle(&core);
    let mut trace = Trace::new();
    loop {
        let Some(first) = lock(&core).enabled().into_iter().next() else { return Ok(finish(&core)) };
        if trace.len() >= steps_max {
            finish(&core);
            return Err(Overrun { trace });
        }
        let (node, task, label) = lock(&core).describe(&first);
        trace.push(TraceStep { node, task, label });
        grant(&core, &first);
    }
}

/// Tries every order.
///
/// # Errors
/// When a run does not end.
pub fn search<S: Scenario>(scenario: &S, options: &Options) -> Result<Found, Overrun> {
    let mut search = Search { scenario, options, nodes: Vec::new(), found: Found::nothing() };
    let origin = scenario.world();
    loop {
        search.run(origin.clone())?;
        let enough = search.found.schedules >= options.schedules_max;
        let stop = enough || (options.stop_at_violation && search.found.violation.is_some());
        let more = search.backtrack();
        if stop || !more {
            search.found.exhausted = !more;
            return Ok(search.found);
        }
    }
}

impl Found {
    fn nothing() -> Found {
        Found {
            schedules: 0,
            skipped: 0,
            steps: 0,
            exhausted: false,
            violation: None,
            violations: 0,
            labels: BTreeSet::new(),
        }
    }
}

struct Search<'a, S: Scenario> {
    scenario: &'a S,
    options: &'a Options,
    /// The choices of the present run, from its start.
    nodes: Vec<Node<<S::World as World>::Footprint>>,
    found: Found,
}

impl<S: Scenario> Search<'_, S> {
    /// Runs once: along the nodes that stand, then on with the first choice at each new one. Steps along nodes that
    /// stand were judged by the run that first did them.
    fn run(&mut self, world: S::World) -> Result<(), Overrun> {
        let core = Core::shared(world);
        self.scenario.start(&Handle(std::sync::Arc::clone(&core)));
        settle(&core);
        let mut wrong: Option<String> = None;
        let mut depth = 0;
        let skipped = loop {
            if depth >= self.options.steps_max {
                finish(&core);
                return Err(Overrun { trace: self.trace() });
            }
            if depth == self.nodes.len() {
                match self.open(&core, depth) {
                    Opened::Chosen => {}
                    Opened::AtRest => break false,
                    Opened::AllAsleep => break true,
                }
            }
            let judge = self.step(&core, depth);
            if judge && wrong.is_none() {
                wrong = self.scenario.always(&lock(&core).world).err();
            }
            depth += 1;
        };
        let world = finish(&core);
        if skipped {
            self.found.skipped += 1;
        } else {
            self.found.schedules += 1;
            wrong = wrong.or_else(|| self.scenario.at_rest(&world).err());
        }
        if let Some(message) = wrong {
            self.found.violations += 1;
            let trace = self.trace();
            self.found.violation.get_or_insert(Violation { message, trace });
        }
        Ok(())
    }

    /// Does the step chosen at a point of the run. Answers whether what came of it must be judged.
    fn step(&mut self, core: &Shared<S::World>, depth: usize) -> bool {
        self.found.steps += 1;
        let node = &mut self.nodes[depth];
        if node.done.is_some() {
            grant(core, &node.chosen);
            return false;
        }
        let (on, task, label) = lock(core).describe(&node.chosen);
        let Granted { footprint, touched, nodes, killed } = grant(core, &node.chosen);
        let label = footprint.label().map_or(label, str::to_owned);
        let changed = footprint.changes();
        self.found.labels.insert(label.clone());
        let shown = TraceStep { node: on, task, label };
        node.done = Some(Done { id: node.chosen.clone(), footprint, touched, nodes, killed, shown });
        changed
    }

    /// The steps of the present run.
    fn trace(&self) -> Trace {
        self.nodes.iter().filter_map(|node| node.done.as_ref()).map(|done| done.shown.clone()).collect()
    }

    /// A new point: which steps are to be tried here.
    fn open(&mut self, core: &Shared<S::World>, depth: usize) -> Opened {
        let enabled = lock(core).enabled();
        if enabled.is_empty() {
            return Opened::AtRest;
        }
        let asleep = if self.options.reduce { self.still_asleep(depth) } else { Vec::new() };
        let awake = enabled.into_iter().filter(|id| !asleep.iter().any(|done| done.id == *id));
        let mut left: Vec<StepId> = awake.collect();
        left.reverse();
        let Some(chosen) = left.pop() else { return Opened::AllAsleep };
        self.nodes.push(Node { chosen, left, asleep, done: None });
        Opened::Chosen
    }

    /// What slept at the point before, or was tried there already, sleeps on unless the step in between meets it.
    fn still_asleep(&self, depth: usize) -> Vec<Done<<S::World as World>::Footprint>> {
        let Some(before) = depth.checked_sub(1).map(|at| &self.nodes[at]) else { return Vec::new() };
        let step = before.done.as_ref().expect("the step before was done");
        before.asleep.iter().filter(|done| !done.meets(step)).cloned().collect()
    }

    /// Goes back to the last point with a step left to try. Answers whether there is one.
    fn backtrack(&mut self) -> bool {
        while let Some(mut node) = self.nodes.pop() {
            if let Some(next) = node.left.pop() {
                let done = node.done.take().expect("a chosen step was done");
                node.asleep.push(done);
                node.chosen = next;
                self.nodes.push(node);
                return true;
            }
        }
        false
    }
}

enum Opened {
    Chosen,
    AtRest,
    AllAsleep,
}
