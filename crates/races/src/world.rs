//! The world of a control plane, played by the explorer: the store, one transaction a step.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use steadfast_explore::{Handle, Steady, When};
use steadfast_model::cause::Cause;
use steadfast_model::ids::{HostId, ListGen, Moment};
use steadfast_model::schedule::{Fleet, HostView};
use steadfast_operations::seam::{
    Control, Engine, Env, Halt, Key, Step, Transactions, Tx, TxError, View, claims_on, devices_of, hosts,
    inventory_of, look,
};
use uuid::Uuid;

use crate::fault::{Fault, at_once, goes_wrong, moment};
use crate::mutant::{self, Again, Mutant};
use crate::site::{Object, Site, Touched, read};
use crate::transaction::{Bent, Ran, compared, overwrite, transact};

/// The node that every control plane's task runs on.
pub(crate) const CONTROL: &str = "control";

pub(crate) fn agent_node(host: &HostId) -> String {
    format!("agent {host}")
}

/// Where the control plane answers the questions of a host's agent: they end with the control plane, and with the
/// connection that they came by.
pub(crate) fn connection_node(host: &HostId) -> String {
    format!("connection {host}")
}

pub(crate) fn machine_node(host: &HostId) -> String {
    format!("machine {host}")
}

/// The world of a control plane.
#[derive(Debug, Clone)]
pub(crate) struct Controller {
    pub site: Handle<Site>,
    /// Which act this is: ids of a later one sort after those of an earlier one.
    pub act: u32,
    /// On whose behalf: an operation, or the message that is handled.
    pub by: &'static str,
    /// What is wrong with it, if anything.
    pub mutant: Option<Mutant>,
    /// What may go wrong in this act.
    pub possible: Arc<BTreeSet<Fault>>,
}

impl Env for Controller {
    fn now(&self) -> Moment {
        moment(&self.site, &self.possible)
    }

    /// Whoever stands at the same gets the same: of all who want to claim for one operation, only one does. Where
    /// something is wrong that may not be so, and each task gets ids of its own.
    fn id(&self) -> Uuid {
        let task = self.mutant.map(|_| self.site.task());
        id(self.act, Steady::of(&(self.site.named(), task)))
    }

    /// It goes off only where something goes wrong: see [`Fault::TimerEarly`].
    async fn timer(&self, step: Step, _after_ms: u64) {
        let body = |_: &mut Site| ((), Touched::nothing());
        if self.possible.contains(&Fault::TimerEarly) {
            goes_wrong(&self.site, Fault::TimerEarly, format!("{step} early"), at_once(), body).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn stands_at(&self, state: &impl Hash) {
        self.site.stands_at(state);
    }

    fn standing(&self) -> u64 {
        self.site.standing()
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        if !self.mutant.is_some_and(|mutant| mutant.forgets_to_go_on(self.by)) {
            self.site.spawn(CONTROL, task, future);
        }
    }
}

/// An id with its act in the upper bits, and a number below.
pub(crate) fn id(act: u32, number: u64) -> Uuid {
    Uuid::from_u128((u128::from(act) << 96) + u128::from(number))
}

impl Transactions for Controller {
    async fn tx<T, B>(&self, step: Step, cause: &Cause, body: B) -> Result<T, TxError>
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let (at, cause, body) = (self.now(), cause.clone(), Arc::new(Mutex::new(body)));
        let run = move |site: &mut Site| {
            let mut body = body.lock().expect("a body that panics ends the search");
            transact(site, (step, at), &cause, &mut *body)
        };
        let twice = self.mutant.is_some_and(|mutant| mutant.does_again(Again::Body(step)));
        if self.mutant.is_none() {
            return match self.site.step(step, run).await {
                Ran::Ended(result) => result,
                Ran::PutOff { .. } => unreachable!("only a mutant puts a commit off"),
            };
        }
        loop {
            let (value, later, answered, compares) = match self.site.step(step, run.clone()).await {
                Ran::Ended(Ok(_)) if twice => match self.site.step(format!("{step} again"), run).await {
                    Ran::Ended(result) => return result,
                    Ran::PutOff { value, .. } => return Ok(value),
                },
                Ran::Ended(result) => return result,
                Ran::PutOff { value, later, answered, compares } => (value, later, answered, compares),
            };
            let writes = self.site.step(format!("{} writes", later.step), move |site| {
                let later = later.clone();
                if compares { compared(site, later) } else { (true, overwrite(site, later)) }
            });
            if answered {
                self.site.spawn(CONTROL, "late commit", async move {
                    writes.await;
                });
                return Ok(value);
            }
            // A transaction that lost is run again, as on any engine.
            if writes.await {
                return Ok(value);
            }
        }
    }

    async fn view<T, B>(&self, step: Step, mut body: B) -> Result<T, TxError>
    where
        T: Hash + Clone + Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let at = self.now();
        self.site
            .step(step, move |site| {
                let mut engine = Bent::of(site, step);
                let looked = look(&mut engine, at, &mut body);
                engine.rollback();
                (looked.map(|(value, _)| value).map_err(TxError::from), read(engine.asked))
            })
            .await
    }
}

impl Control for Controller {
    async fn changed(&self, step: Step, host: &HostId, since: ListGen) {
        let row = Object::Row(Key::Host(host.clone()));
        let host = host.clone();
        let differs = move |site: &Site| {
            let unheard = site.unheard.get(&host);
            mutant::list_gen(site, &host).is_some_and(|now| now > since && unheard != Some(&now))
        };
        self.site.step_when(step, When::new([row], differs), |_| ((), Touched::nothing())).await;
    }

    async fn fleet(&self, step: Step) -> Result<Arc<Fleet>, TxError> {
        self.view(step, |view| {
            let mut fleet = Fleet::default();
            for host in view.read(hosts())? {
                let here = (inventory_of(&host.id), devices_of(&host.id), claims_on(&host.id));
                let (inventory, devices, claims) = view.read(here)?;
                let view = HostView::new(
                    host.row.as_ref().clone(),
                    inventory.iter().map(|row| row.row.as_ref().clone()).collect(),
                    devices.iter().map(|row| row.row.as_ref().clone()).collect(),
                    claims.iter().map(|claim| claim.row.as_ref()),
                );
                fleet.hosts.insert(host.id.clone(), Arc::new(view));
            }
            Ok(Arc::new(fleet))
        })
        .await
    }
}
