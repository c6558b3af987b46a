//! Leads runs to where something is to be learnt, or to be proved.

use super::States;
use super::learnt::Taking;
use super::live::Live;
use super::space::{State, StateAt};
use crate::executor::StepId;
use crate::run::{Run, Unfinished, Why};
use crate::world::Scenario;

impl<'a, S: Scenario> States<'a, '_, S> {
    /// A run in which a step can go on as it would in its state: those stand there whom it concerns. The one that there
    /// is will do if it has them, and a new one recalls the steps that they come by. Where nodes die all others count
    /// as well, and where worlds are not kept a run must be in the state itself.
    pub(super) fn live_with(&mut self, taking: Taking) -> Result<Live<'a, S>, Unfinished> {
        let Taking { state, task, step, .. } = taking;
        let State { place, tasks, .. } = &self.space.states[state];
        if self.space.worlds.places[*place].world.is_none() || self.space.standpoints.kills(task, step) {
            self.live_in(state)?;
            return Ok(self.live.take().expect("a run was just made"));
        }
        let needed = self.space.standpoints.concerned(tasks, task);
        if let Some(live) = self.live.take().filter(|live| live.has(&needed)) {
            return Ok(live);
        }
        let way = self.space.way_of(state, &needed);
        let mut live = self.begun();
        for (before, step) in &way {
            let place = self.space.states[*before].place;
            let done = self.deeds.of(&mut self.space.worlds, place, *step);
            let touches = done.is_none_or(|done| self.learnt.touches(*step, done));
            let id = self.named(&live, *step).ok_or_else(|| self.strays(state))?;
            let answer = self.deeds.answer(&self.space.worlds, place, *step).filter(|_| !touches);
            if let Some(answer) = answer {
                live.recall(id, answer);
                self.found.recalled += 1;
            } else {
                self.put(&live, place);
                live.repeat(id);
            }
        }
        self.found.steps += way.len() as u64;
        live.look(&mut self.space);
        if live.has(&needed) { Ok(live) } else { Err(self.strays(state)) }
    }

    /// A run that is in a state.
    pub(super) fn live_in(&mut self, state: StateAt) -> Result<&mut Live<'a, S>, Unfinished> {
        if self.live.as_ref().is_none_or(|live| live.state != Some(state)) {
            self.prove(state)?;
        }
        Ok(self.live.as_mut().expect("it is there"))
    }

    /// Leads a run to a state by doing every step, and sees that all is as foretold: worlds, answers and tasks.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn prove(&mut self, state: StateAt) -> Result<&mut Live<'a, S>, Unfinished> {
        let way = self.space.way_to(state);
        let mut live = self.begun();
        for (_, step) in &way {
            let id = self.named(&live, *step).ok_or_else(|| self.strays(state))?;
            live.repeat(id);
        }
        self.found.steps += way.len() as u64;
        let place = self.space.states[state].place;
        let differs = live.run.world(|world| self.space.worlds.differs(place, world));
        if differs || *live.look(&mut self.space) != *self.space.states[state].tasks {
            return Err(self.strays(state));
        }
        self.space.worlds.keep(place, &live.run.held());
        live.state = Some(state);
        Ok(self.live.insert(live))
    }

    fn begun(&mut self) -> Live<'a, S> {
        self.found.skipped += 1;
        Live::new(Run::begin(self.scenario, &self.options.limits, &self.origin))
    }

    /// The name in a run of a step that a task waits for there.
    fn named(&mut self, live: &Live<'a, S>, step: u64) -> Option<StepId> {
        let known = self.names.get(&step).copied().filter(|id| live.run.is_numbered(*id, step));
        let id = known.or_else(|| live.run.find(step))?;
        self.names.insert(step, id);
        Some(id)
    }

    /// A run did not come to the state that was foretold: what it does on the way there, as far as it can.
    pub(super) fn strays(&self, state: StateAt) -> Unfinished {
        let mut run = Run::begin(self.scenario, &self.options.limits, &self.origin);
        let mut path = Vec::new();
        for (_, step) in self.space.way_to(state) {
            let Some(id) = run.find(step) else { break };
            run.repeat(id);
            path.push(id);
        }
        Unfinished { path, why: Why::Strays }
    }
}
