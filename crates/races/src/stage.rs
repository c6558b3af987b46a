//! A race, staged: its scene is set by the shipped operations themselves, run to rest in one order; then its actors are
//! started, and their orders are tried.

use steadfast_explore::{Handle, Scenario, rehearse};
use steadfast_model::ids::Version;

use crate::cast::Cast;
use crate::mutant::Rule;
use crate::scene::{SCENE_STEPS_MAX, Scene};
use crate::site::Site;
use crate::twin::Twin;
use crate::verdict;

/// A race: a scene, its actors, and the rule that it is about.
pub struct Race {
    pub name: &'static str,
    /// What could go wrong, in a sentence.
    pub about: &'static str,
    pub scene: fn() -> Scene,
    pub start: fn(&Cast),
    /// What must be true of this race beyond what must always be true.
    pub rests: fn(&Site) -> Result<(), String>,
    /// The rule without which it goes wrong.
    pub rule: Option<Rule>,
    /// Whether all its orders can be tried within the bounds of the tests.
    pub exhaustive: bool,
}

impl std::fmt::Debug for Race {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A race with its scene set, with or without its rule.
#[derive(Debug)]
pub struct Staged<'a> {
    race: &'a Race,
    scene: Scene,
}

impl Race {
    /// Sets the scene. With `without`, that rule is off from then on.
    ///
    /// # Panics
    /// When the scene cannot be set: it is made by the operations that are under test.
    #[must_use]
    pub fn staged(&self, without: Option<Rule>) -> Staged<'_> {
        let mut scene = (self.scene)();
        scene.site.without = without;
        Staged { race: self, scene }
    }
}

impl Staged<'_> {
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
        let site = &self.scene.site;
        let rested = rehearse(site.clone(), SCENE_STEPS_MAX, |handle| {
            let cast = Cast::new(handle, site, self.scene.acts + 1);
            // The crash comes first in the fixed order, so that it comes as soon as it can.
            crash.iter().for_each(|at| cast.control_dies_at(Some(*at)));
            (self.race.start)(&cast);
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
        (self.race.start)(&Cast::new(world, &self.scene.site, self.scene.acts + 1));
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
        verdict::at_rest(site)?;
        (self.race.rests)(site)
    }
}
