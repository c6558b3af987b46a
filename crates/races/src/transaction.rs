//! One transaction over the simulated store: committed at once, unless a mutant puts a part of it off.

use steadfast_model::cause::Cause;
use steadfast_model::ids::{Moment, Version};
use steadfast_operations::seam::{
    Abort, Changes, Commit, CommitError, Engine, FeedEntry, Halt, Overlay, RawAsk, Rows, Step, Stored, Tx,
    TxError, Write, draft,
};
use steadfast_store::Memory;
use uuid::Uuid;

use crate::mutant::{self, Mutant};
use crate::site::{Object, Site, Touched, committed, read};
use crate::twin::Twin;

/// Who commits in the simulated world.
const WRITER: Uuid = Uuid::from_u128(1);

/// The store as a control plane with something wrong reads it.
pub(crate) struct Bent<'a> {
    store: &'a mut Memory,
    twin: Option<&'a mut Twin>,
    mutant: Option<Mutant>,
    step: Step,
    /// All that was asked: what a body that refused has read.
    pub asked: Vec<RawAsk>,
}

impl<'a> Bent<'a> {
    pub fn of(site: &'a mut Site, step: Step) -> Bent<'a> {
        let (store, twin) = (&mut site.store, site.twin.as_mut());
        Bent { store, twin, mutant: site.mutant, step, asked: Vec::new() }
    }
}

impl Engine for Bent<'_> {
    fn fetch(&mut self, asks: &[RawAsk]) -> Result<Vec<Vec<Stored>>, Abort> {
        self.asked.extend_from_slice(asks);
        let mut answers = self.store.fetch(asks)?;
        if let Some(twin) = &mut self.twin {
            twin.fetch(asks, &answers);
        }
        if let Some(mutant) = self.mutant {
            let rows = answers.iter_mut().flatten();
            rows.for_each(|row| mutant::bend_read(mutant, self.store, self.step, &mut row.record));
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

/// What a transaction came to.
#[derive(Clone, Hash)]
pub(crate) enum Ran<T> {
    Ended(Result<T, TxError>),
    /// A part of it is still to be written. With `answered`, its caller does not wait for it.
    PutOff {
        value: T,
        later: Changes,
        answered: bool,
        compares: bool,
    },
}

/// Runs a body and commits. In memory nobody else can come between.
pub(crate) fn transact<T>(
    site: &mut Site,
    (step, at): (Step, Moment),
    cause: &Cause,
    body: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Halt>,
) -> (Ran<T>, Touched) {
    let by = Commit { writer: WRITER, n: site.store.version().0 + 1, step, cause };
    let mut engine = Bent::of(site, step);
    let drafted = draft(&mut engine, &Overlay::default(), at, by, body);
    let mut drafted = match drafted {
        Ok(drafted) => drafted,
        Err(halt) => {
            engine.rollback();
            return (Ran::Ended(Err(halt.into())), read(engine.asked));
        }
    };
    let label = Some(drafted.changes.step);
    let Some(mutant) = engine.mutant else {
        if drafted.changes.is_empty() {
            engine.rollback();
        } else {
            let batch = std::slice::from_ref(&drafted.changes);
            engine.commit(batch).expect("a body over the newest rows commits");
        }
        return (Ran::Ended(Ok(drafted.value)), Touched { label, ..committed(drafted.footprint) });
    };
    let asked = std::mem::take(&mut engine.asked);
    mutant::bend_write(mutant, engine.store, step, &mut drafted.changes);
    let (value, changes) = (drafted.value, drafted.changes);
    let (now, put_off) = match mutant.puts_off(&changes) {
        Some(mutant::PutOff { now, later, answered, compares }) => (now, Some((later, answered, compares))),
        None => (changes, None),
    };
    let mut touched = read(asked);
    touched.writes = touched_by(&site.store, &now);
    touched.label = label;
    if !now.is_empty() && site.store.commit(std::slice::from_ref(&now)).is_err() {
        return (Ran::Ended(Err(TxError::Store(Abort::Conflict))), touched);
    }
    site.note_silence(mutant, &now);
    let ran = match put_off {
        Some((later, answered, compares)) => Ran::PutOff { value, later, answered, compares },
        None => Ran::Ended(Ok(value)),
    };
    (ran, touched)
}

/// Writes what was put off, if each row is as it was expected to be. Answers whether it did.
pub(crate) fn compared(site: &mut Site, changes: Changes) -> (bool, Touched) {
    let expected = |write: &Write| site.store.row(&write.key).map(|row| row.generation) == write.expects;
    if changes.writes.iter().all(expected) {
        return (true, overwrite(site, changes));
    }
    (false, Touched::reads(touched_by(&site.store, &changes)))
}

/// Writes over whatever is there.
pub(crate) fn overwrite(site: &mut Site, mut changes: Changes) -> Touched {
    let touched = Touched::writes(touched_by(&site.store, &changes));
    for write in &mut changes.writes {
        write.expects = site.store.row(&write.key).map(|row| row.generation);
    }
    if !changes.is_empty() {
        site.store.commit(std::slice::from_ref(&changes)).expect("it expects what is there");
    }
    touched
}

/// The rows that changes write, and the lists in which they stood or will stand.
fn touched_by(store: &Memory, changes: &Changes) -> Vec<Object> {
    let mut objects = Vec::new();
    for write in &changes.writes {
        objects.push(Object::Row(write.key.clone()));
        let old = store.row(&write.key).map(|row| row.record.clone());
        let ranges = old.iter().chain(&write.record).flat_map(|record| record.ranges());
        objects.extend(ranges.map(Object::List));
    }
    objects
}

#[cfg(test)]
mod tests {
    use steadfast_explore::Steady;
    use steadfast_model::host::Host;
    use steadfast_operations::refused::Refused;
    use steadfast_operations::seam::get;

    use super::*;
    use crate::scene::{Scene, cause, host};

    const STEP: Step = "disable";

    fn run(site: &mut Site, body: &mut dyn FnMut(&mut Tx<'_>) -> Result<(), Halt>) -> u64 {
        Steady::of(&transact(site, (STEP, Moment(0)), &cause(STEP), body).0)
    }

    /// A transaction that wrote nothing is as if it had never been, also to one that is put off: its task takes what it
    /// is answered for all that it knows.
    #[test]
    fn what_only_read_is_not_counted() {
        let torn = Mutant::all().find(|one| matches!(one, Mutant::Torn(torn) if torn.step == STEP));
        let answers = [false, true].map(|refused_before| {
            let mut site = Scene::new(1, 1).site;
            site.mutant = torn;
            if refused_before {
                run(&mut site, &mut |_| Err(Refused::Conflict("no".to_owned()).into()));
            }
            run(&mut site, &mut |tx| {
                let old = tx.read(get::<Host>(&host(1)))?.expect("the scene has it");
                tx.update(&old, Host { disabled: Some("rest".to_owned()), ..old.row.as_ref().clone() });
                Ok(())
            })
        });
        assert_eq!(answers[0], answers[1]);
    }
}
