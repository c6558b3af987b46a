//! The world of a control plane, played by the explorer: the store, one transaction a step.

use std::collections::BTreeSet;
use std::sync::Arc;

use steadfast_explore::{Handle, When};
use steadfast_model::cause::Cause;
use steadfast_model::ids::{HostId, ListGen, Moment, Version};
use steadfast_model::schedule::{Fleet, HostView};
use steadfast_operations::seam::{
    Abort, Changes, Commit, CommitError, Control, Engine, Env, FeedEntry, Halt, Key, Overlay, RawAsk, Step,
    Stored, Tx, TxError, View, claims_on, devices_of, draft, hosts, inventory_of, look,
};
use steadfast_store::Memory;
use uuid::Uuid;

use crate::fault::{Fault, at_once, goes_wrong};
use crate::mutant::{self, Rule};
use crate::site::{Object, Site, Touched, committed, read};
use crate::twin::Twin;

/// The node that every control plane's task runs on.
pub(crate) const CONTROL: &str = "control";

/// The moment at which everything happens: no decision may depend on it.
pub(crate) const NOW: Moment = Moment(0);

/// Who commits in the simulated world.
const WRITER: Uuid = Uuid::from_u128(1);

pub(crate) fn agent_node(host: &HostId) -> String {
    format!("agent {host}")
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
    /// What may go wrong in this act.
    pub possible: Arc<BTreeSet<Fault>>,
}

/// The store as a control plane without some rule reads it.
struct Bent<'a> {
    store: &'a mut Memory,
    twin: Option<&'a mut Twin>,
    without: Option<Rule>,
    step: Step,
    /// All that was asked: what a body that refused has read.
    asked: Vec<RawAsk>,
}

impl<'a> Bent<'a> {
    fn of(site: &'a mut Site, step: Step) -> Bent<'a> {
        let (store, twin) = (&mut site.store, site.twin.as_mut());
        Bent { store, twin, without: site.without, step, asked: Vec::new() }
    }
}

impl Engine for Bent<'_> {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        self.asked.extend_from_slice(asks);
        let mut answers = self.store.fetch(asks)?;
        if let Some(twin) = &mut self.twin {
            twin.fetch(asks, &answers);
        }
        if let Some(rule) = self.without {
            answers.iter_mut().flatten().for_each(|row| mutant::bend_read(rule, self.step, &mut row.record));
        }
        Ok(answers)
    }

    fn commit(&mut self, batch: &[Changes]) -> Result<Version, CommitError> {
        let committed = self.store.commit(batch);
        if let Some(twin) = &mut self.twin {
            twin.commit(batch, &committed);
        }
        committed
    }

    fn rollback(&mut self) {
        self.store.rollback();
        if let Some(twin) = &mut self.twin {
            twin.rollback();
        }
    }

    fn committed(&mut self, writer: Uuid, n: u64) -> Result<Option<Version>, Abort> {
        self.store.committed(writer, n)
    }

    fn feed(&mut self, since: Version, limit: usize) -> Result<Vec<FeedEntry>, Abort> {
        self.store.feed(since, limit)
    }
}

impl Env for Controller {
    fn now(&self) -> Moment {
        NOW
    }

    fn id(&self) -> Uuid {
        id(&self.site, self.act)
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

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        self.site.spawn(CONTROL, task, future);
    }
}

/// An id that only this call gets: its act in the upper bits, its task and number below.
pub(crate) fn id(site: &Handle<Site>, act: u32) -> Uuid {
    Uuid::from_u128((u128::from(act) << 96) + site.fresh())
}

impl Control for Controller {
    async fn tx<T, B>(&self, step: Step, cause: &Cause, mut body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let cause = cause.clone();
        self.site.step(step, move |site| transact(site, step, &cause, &mut body)).await
    }

    async fn view<T, B>(&self, step: Step, mut body: B) -> Result<T, TxError>
    where
        T: Send + 'static,
        B: FnMut(&mut View<'_>) -> Result<T, Halt> + Send + 'static,
    {
        self.site
            .step(step, move |site| {
                let mut engine = Bent::of(site, step);
                let looked = look(&mut engine, NOW, &mut body);
                engine.rollback();
                (looked.map(|(value, _)| value).map_err(TxError::from), read(engine.asked))
            })
            .await
    }

    async fn changed(&self, step: Step, host: &HostId, since: ListGen) {
        let row = Object::Row(Key::Host(host.clone()));
        let host = host.clone();
        let differs = move |site: &Site| mutant::list_gen(site, &host).is_some_and(|now| now > since);
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

/// One transaction, committed at once: in memory nobody else can come between.
fn transact<T>(
    site: &mut Site,
    step: Step,
    cause: &Cause,
    body: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Halt>,
) -> (Result<T, TxError>, Touched) {
    site.commits += 1;
    let by = Commit { writer: WRITER, n: site.commits, step, cause };
    let mut engine = Bent::of(site, step);
    let drafted = draft(&mut engine, &Overlay::default(), NOW, by, body);
    let mut drafted = match drafted {
        Ok(drafted) => drafted,
        Err(halt) => {
            engine.rollback();
            return (Err(halt.into()), read(engine.asked));
        }
    };
    if let Some(rule) = engine.without {
        mutant::bend_write(rule, engine.store, &mut drafted.changes);
    }
    let label = Some(drafted.changes.step);
    if drafted.changes.is_empty() {
        engine.rollback();
    } else {
        engine.commit(std::slice::from_ref(&drafted.changes)).expect("a body over the newest rows commits");
    }
    (Ok(drafted.value), Touched { label, ..committed(drafted.footprint) })
}
