//! A race, staged: its scene is set by the shipped operations themselves, run to rest in one order; then its actors are
//! started, and their orders are tried.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use steadfast_explore::{Handle, Scenario, World, actors, rehearse};
use steadfast_model::ids::Version;

use crate::cast::{Cast, FATE, Known};
use crate::fault::Fault;
use crate::mutant::{Mutant, Rule};
use crate::scenario::generated::{self, Op};
use crate::scene::{SCENE_STEPS_MAX, Scene};
use crate::site::Site;
use crate::twin::Twin;
use crate::verdict::{self, nothing_more};

/// A race: a scene, its actors, and the rule that it is about.
#[derive(Clone)]
pub struct Race {
    pub name: Cow<'static, str>,
    /// What could go wrong, in a sentence.
    pub about: Cow<'static, str>,
    pub(crate) play: Play,
    /// What must be true at rest, beyond what is true of every race. It is asked of a state and not of how it came
    /// about: it may not look at what was committed before.
    rests: fn(&Site) -> Result<(), String>,
    /// The rule without which it goes wrong.
    pub rule: Option<Rule>,
}

/// Where a race's scene and actors come from.
#[derive(Clone)]
pub(crate) enum Play {
    Written {
        scene: fn() -> Scene,
        start: fn(&Cast),
    },
    /// Operations that are `absent` belong to the scene, and are not begun.
    Generated {
        ops: Vec<Op>,
        absent: Vec<Op>,
        faults: Vec<Fault>,
    },
}

impl std::fmt::Debug for Race {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Who acts in a race, and what may go wrong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acts {
    pub operations: Vec<String>,
    pub faults: Vec<Fault>,
}

/// A race with its scene set, with or without its rule.
#[derive(Debug)]
pub struct Staged<'a> {
    race: &'a Race,
    scene: Scene,
    known: Arc<Known>,
    /// States at rest that were seen to have converged, and to stay as they are, by their digests: most runs end in
    /// one of a few.
    resting: Mutex<BTreeSet<u64>>,
}

impl Race {
    /// A race that somebody thought of.
    pub(crate) const fn written(
        name: &'static str,
        about: &'static str,
        scene: fn() -> Scene,
        start: fn(&Cast),
    ) -> Race {
        let (name, about) = (Cow::Borrowed(name), Cow::Borrowed(about));
        Race { name, about, play: Play::Written { scene, start }, rests: nothing_more, rule: None }
    }

    /// A race of these operations, in a scene that is made for them, with these faults.
    pub(crate) fn of(ops: Vec<Op>, faults: Vec<Fault>) -> Race {
        let (name, about) = generated::titles(&ops, &faults);
        Race {
            name: Cow::Owned(name),
            about: Cow::Owned(about),
            play: Play::Generated { ops, absent: Vec::new(), faults },
            rests: nothing_more,
            rule: None,
        }
    }

    /// The same scene, in which one of these operations each is not begun.
    ///
    /// # Panics
    /// When somebody wrote the race.
    #[must_use]
    pub fn without(mut self, ops: &[Op]) -> Race {
        let Play::Generated { absent, .. } = &mut self.play else { panic!("{self:?} is of one piece") };
        absent.extend_from_slice(ops);
        self
    }

    pub(crate) const fn rests(mut self, rests: fn(&Site) -> Result<(), String>) -> Race {
        self.rests = rests;
        self
    }

    pub(crate) const fn needs(mut self, rule: Rule) -> Race {
        self.rule = Some(rule);
        self
    }

    /// The operations that a generated race is made of.
    #[must_use]
    pub fn operations(&self) -> &[Op] {
        match &self.play {
            Play::Written { .. } => &[],
            Play::Generated { ops, .. } => ops,
        }
    }

    /// What may go wrong in a generated race.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match &self.play {
            Play::Written { .. } => &[],
            Play::Generated { faults, .. } => faults,
        }
    }

    /// Who acts in it and what may go wrong, in words. Of a race that was written that is read from what it starts.
    #[must_use]
    pub fn acts(&self) -> Acts {
        let Play::Written { .. } = &self.play else {
            let operations = self.operations().iter().map(|op| op.name().to_owned()).collect();
            return Acts { operations, faults: self.faults().to_vec() };
        };
        let staged = self.staged(None);
        let (mut operations, mut faults) = (Vec::new(), Vec::new());
        for (node, task) in actors(&staged) {
            match Fault::named(&task).filter(|_| node == FATE) {
                Some(fault) => faults.push(fault),
                None => operations.push(task),
            }
        }
        faults.extend(staged.scene.site.faults.keys());
        faults.sort_unstable();
        faults.dedup();
        Acts { operations, faults }
    }

    /// The generated races that have one operation or one fault less.
    #[must_use]
    pub fn parts(&self) -> Vec<Race> {
        let (ops, faults) = (self.operations(), self.faults());
        let without =
            |at: usize| ops.iter().enumerate().filter(move |(place, _)| *place != at).map(|(_, op)| *op);
        let fewer_ops = (0..ops.len())
            .filter(|_| ops.len() > 1)
            .map(|at| Race::of(without(at).collect(), faults.to_vec()));
        let fewer_faults = faults.iter().map(|fault| {
            let left = faults.iter().copied().filter(|other| other != fault);
            Race::of(ops.to_vec(), left.collect())
        });
        fewer_ops.chain(fewer_faults).collect()
    }

    /// Sets the scene. The operations are wrong with `mutant` from then on.
    ///
    /// # Panics
    /// When the scene cannot be set: it is made by the operations that are under test.
    #[must_use]
    pub fn staged(&self, mutant: Option<Mutant>) -> Staged<'_> {
        let mut scene = match &self.play {
            Play::Written { scene, .. } => scene(),
            Play::Generated { ops, faults, .. } => generated::scene(ops, faults),
        };
        scene.site.mutant = mutant;
        let known = Known::of(&scene.site);
        Staged { race: self, scene, known, resting: Mutex::default() }
    }

    fn start(&self, cast: &Cast) {
        match &self.play {
            Play::Written { start, .. } => start(cast),
            Play::Generated { ops, absent, faults } => generated::start(ops, absent, faults, cast),
        }
    }
}

impl Staged<'_> {
    fn cast(&self, site: &Handle<Site>) -> Cast {
        Cast::new(site, &self.known, self.scene.acts + 1, self.scene.site.mutant)
    }

    /// Whether all has converged, and stays so; a state that was found well before is.
    fn converged(&self, site: &Site) -> Result<(), String> {
        let digest = site.digest();
        let well = || self.resting.lock().expect("nothing panics while it holds the set");
        if !well().contains(&digest) {
            verdict::converged(site)?;
            verdict::stays(site)?;
            well().insert(digest);
        }
        Ok(())
    }

    /// The same on SQLite as well: whatever the engines answer differently is a violation.
    #[must_use]
    pub fn beside_sqlite(mut self) -> Self {
        self.scene.site.twin = Some(Twin::of(&self.scene.site.store));
        self
    }

    /// Runs the race once, in a fixed order, with the control plane dying after each commit in turn. Answers the step
    /// after which each crash came, and what came out.
    ///
    /// # Panics
    /// When a run does not come to rest.
    #[must_use]
    pub fn crash_after_each_commit(&self) -> Vec<(String, Result<(), String>)> {
        let before = self.scene.site.store.version();
        let whole = self.rehearse(None);
        let points = (before.0 + 1..=whole.store.version().0).map(Version);
        let crashed = points.map(|at| {
            let site = self.rehearse(Some(at));
            let place = usize::try_from(at.0 - 1).expect("few commits");
            let step = site.store.steps().nth(place).unwrap_or_default().to_owned();
            (step, verdict::always(&site).and_then(|()| self.at_rest(&site)))
        });
        crashed.collect()
    }

    fn rehearse(&self, crash: Option<Version>) -> Site {
        let rested = rehearse(self.scene.site.clone(), SCENE_STEPS_MAX, |handle| {
            let cast = self.cast(handle);
            // The crash comes first in the fixed order, so that it comes as soon as it can.
            crash.iter().for_each(|at| cast.control_dies_at(Some(*at)));
            self.race.start(&cast);
        });
        rested.expect("a race comes to rest")
    }
}

impl Scenario for Staged<'_> {
    type World = Site;

    fn world(&self) -> Site {
        self.scene.site.clone()
    }

    fn start(&self, world: &Handle<Site>) {
        if let Some(twin) = &self.scene.site.twin {
            twin.reset();
        }
        self.race.start(&self.cast(world));
    }

    fn always(&self, site: &Site) -> Result<(), String> {
        verdict::always(site)?;
        let differs = site.twin.as_ref().and_then(Twin::differs);
        differs.map_or(Ok(()), |what| Err(format!("Engines: {what}")))
    }

    fn at_rest(&self, site: &Site) -> Result<(), String> {
        if let Some(twin) = &site.twin {
            twin.compare(&site.store)?;
        }
        verdict::ledger_tells_all(site)?;
        self.converged(site)?;
        (self.race.rests)(site)
    }
}
