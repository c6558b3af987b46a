//! Which tasks a step moved: what a run shows of it, and how much of that depends on what.

use std::collections::BTreeMap;

use super::death::Deaths;
use super::learnt::{Hears, Learnt, Mourning, Went};
use super::live::Live;
use super::space::Space;
use crate::executor::{Sequel, Stance};
use crate::steady::Sum;
use crate::world::{Scenario, World};

/// Where tasks stood before a step and after it.
#[derive(Debug)]
struct Moves {
    before: BTreeMap<usize, Stance>,
    after: BTreeMap<usize, Stance>,
}

impl Moves {
    fn of(before: &[Stance], after: &[Stance]) -> Moves {
        let by_task = |stances: &[Stance]| stances.iter().map(|at| (at.task, *at)).collect();
        Moves { before: by_task(before), after: by_task(after) }
    }

    /// Whether a task stands where it stood.
    fn stays(&self, at: &Stance) -> bool {
        let number = |stances: &BTreeMap<usize, Stance>| stances.get(&at.task).map(|at| at.number);
        number(&self.before) == number(&self.after)
    }

    /// Where a task stood that is still there.
    fn of_task(&self, task: usize) -> Option<(&Stance, &Stance)> {
        self.before.get(&task).zip(self.after.get(&task))
    }

    fn is_new(&self, at: &Stance) -> bool {
        !self.before.contains_key(&at.task)
    }
}

/// A run that went on from a step.
pub(super) struct Moved<'a, 'r, S: Scenario> {
    pub sequel: &'a Sequel<<S::World as World>::Object>,
    /// Where its tasks stood before.
    pub before: &'a [Stance],
    pub live: &'a Live<'r, S>,
}

impl<S: Scenario> Moved<'_, '_, S> {
    /// Which tasks went where, and what that depended on: whoever waits for the result of the one that did the step,
    /// and everybody, if one of those that lost something touched the world, told others, or was told more than its loss.
    /// Of those that died with nodes nothing is left, and what that meant to each of the others is learnt by itself.
    pub fn learn(&self, space: &mut Space<S::World>, learnt: &mut Learnt) -> (Hears, bool, Went) {
        let (doer, dying) = (self.sequel.doer, &self.sequel.killed);
        let moves = Moves::of(self.before, &self.live.stances);
        let (own, (asker, hears, tells)) = (self.own(&moves), self.asker(&moves));
        let waits = |task: usize| (task == doer && own.is_some()) || (Some(task) == asker && tells.is_some());
        let others = self.before.iter().filter(|at| at.task != doer);
        let deaths = Deaths::of(dying, others.map(|at| at.bonds));
        let mut mourners = BTreeMap::new();
        let (mut left, mut came) = (Vec::new(), Vec::new());
        // Somebody moved who lost nothing by the deaths: another one may have, and told of it. Or one that lost something
        // was told what the step came to as well.
        let mut heard_of_it = false;
        let told = self.told_by_end(&moves);
        for at in self.before.iter().filter(|at| at.task == doer || !deaths.is_dead(&at.bonds)) {
            let loss = deaths.loss(&at.bonds);
            let stood = space.standpoint(at, || unreachable!("whoever leaves a standpoint stood there"));
            if at.task != doer && !loss.is_none() {
                mourners.insert(at.task, (stood, loss, Vec::new()));
                heard_of_it |= told == Some(at.bonds.kind);
            } else if !moves.stays(at) && !waits(at.task) {
                left.push(stood);
                heard_of_it |= at.task != doer;
            }
        }
        for at in &self.live.stances {
            let stands =
                |space: &mut Space<S::World>| space.standpoint(at, || self.live.run.waiting(at.task));
            match mourners.get_mut(&self.source(&moves, at.task)) {
                Some((.., came)) => came.push(stands(space)),
                None if !moves.stays(at) && !waits(at.task) => came.push(stands(space)),
                None => {}
            }
        }
        let touchers = self.sequel.touchers.iter().flatten();
        let touchers: Vec<usize> = touchers.map(|task| self.source(&moves, *task)).collect();
        let reaches = |task: usize| heard_of_it || touchers.contains(&task);
        let company = mourners.keys().any(|task| reaches(*task));
        for (task, (stood, loss, stands)) in mourners {
            if company {
                left.push(stood);
                came.extend_from_slice(&stands);
            }
            let mourning = if reaches(task) { Mourning::Reaches } else { Mourning::Stands(stands) };
            learnt.mourns(stood, loss, mourning);
        }
        (hears, company, Went { left, came, own, tells })
    }

    /// The kind of the task that waited for the one that did the step, if that one has ended with it.
    fn told_by_end(&self, moves: &Moves) -> Option<u64> {
        let ended = !moves.after.contains_key(&self.sequel.doer);
        self.awaited_by(moves).filter(|_| ended)
    }

    /// The kind of the task that waits for the result of the one that did the step.
    fn awaited_by(&self, moves: &Moves) -> Option<u64> {
        moves.before.get(&self.sequel.doer)?.bonds.awaited.map(|awaited| awaited.by)
    }

    /// Whoever of those before the step started a task that is new, or the task itself.
    fn source(&self, moves: &Moves, mut task: usize) -> usize {
        while !moves.before.contains_key(&task) {
            task = self.live.run.parent(task).expect("whoever was not there before was started by somebody");
        }
        task
    }

    /// What a task heard that did not run on, for it was calm.
    fn heard(&self, moves: &Moves, task: usize) -> Option<Sum> {
        let ran = self.sequel.ran.contains(&task) || !self.sequel.killed.is_empty();
        let (before, after) = moves.of_task(task)?;
        after.heard.more(&before.heard).filter(|_| !ran)
    }

    /// What the task that did the step heard of it, if it is calm: where it stands besides does not matter then, nor to
    /// those that it started.
    fn own(&self, moves: &Moves) -> Option<Sum> {
        let mut started = self.live.stances.iter().filter(|at| moves.is_new(at));
        let apart = self.sequel.touched.is_empty() && started.all(|at| at.heard.own);
        self.heard(moves, self.sequel.doer).filter(|_| apart)
    }

    /// The task that waits for the result of the one that did the step, what it means to the step, and what it was told
    /// if it is calm.
    fn asker(&self, moves: &Moves) -> (Option<usize>, Hears, Option<Sum>) {
        let Sequel { doer, ran, told, .. } = self.sequel;
        let aside = ran.iter().all(|task| task == doer || !self.before.iter().any(|at| at.task == *task));
        if told.is_empty() && aside {
            return (None, Hears::Nothing, None);
        }
        let awaited_by = self.awaited_by(moves);
        let asks = |at: &&Stance| awaited_by == Some(at.bonds.kind);
        let mut askers = self.before.iter().filter(asks).map(|at| at.task);
        // Where there is doubt which one it is, where each of them stands counts.
        let asker = askers.next().filter(|_| askers.next().is_none());
        let only = aside && told.iter().all(|task| Some(*task) == asker);
        match asker.filter(|_| only).and_then(|asker| self.heard(moves, asker)) {
            Some(more) => (asker, Hears::Calmly, Some(more)),
            None => (asker, Hears::All, None),
        }
    }
}
