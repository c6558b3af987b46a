//! A transaction: reads and buffered writes over an engine, and what follows from them.
//!
//! What no body may forget is made here, from the difference between old rows and new ones: the generations of parent
//! rows, the footprint, and whatever else follows from a change of these rows ([`Rows::follow`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use steadfast_model::cause::Cause;
use steadfast_model::ids::{Generation, Moment};
use uuid::Uuid;

use super::ask::Ask;
use super::changes::{Changes, Write};
use super::engine::{Abort, AskOf, Engine, RawAsk};
use super::overlay::Overlay;
use super::record::Record;
use super::rows::{Row, Rows, Seen, Stored};
use crate::refused::Refused;

/// Why a body ended without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// The decision was no. Nothing is written.
    Refused(Refused),
    /// The store could not go on.
    Abort(Abort),
}

impl From<Abort> for Halt {
    fn from(abort: Abort) -> Halt {
        Halt::Abort(abort)
    }
}

impl<R: Into<Refused>> From<R> for Halt {
    fn from(refused: R) -> Halt {
        Halt::Refused(refused.into())
    }
}

/// What a transaction touched: two whose footprints do not meet can run in either order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint<R: Rows = Record> {
    pub asked: Vec<AskOf<R>>,
    pub wrote: BTreeSet<R::Key>,
    /// The lists that a written row stood or stands in.
    pub moved: BTreeSet<R::Range>,
}

impl<R: Rows> Footprint<R> {
    fn of_reads(asked: Vec<AskOf<R>>) -> Self {
        Footprint { asked, wrote: BTreeSet::new(), moved: BTreeSet::new() }
    }

    /// Whether the order of the two can matter.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let both_write = self.wrote.iter().any(|key| other.wrote.contains(key));
        both_write || self.reads_of(other) || other.reads_of(self)
    }

    fn reads_of(&self, writer: &Self) -> bool {
        self.asked.iter().any(|ask| match ask {
            RawAsk::Get(key) => writer.wrote.contains(key),
            RawAsk::Of(range, _) => writer.moved.contains(range),
        })
    }
}

/// One version of the store, to read.
pub struct View<'a, R: Rows = Record> {
    engine: &'a mut dyn Engine<R>,
    base: &'a Overlay<R>,
    own: Overlay<R>,
    asked: Vec<AskOf<R>>,
    now: Moment,
}

impl<R: Rows> View<'_, R> {
    /// All that is asked for, own writes included, in one round trip.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn read<A: Ask<Of = R>>(&mut self, ask: A) -> Result<A::Answer, Abort> {
        let mut asks = Vec::new();
        ask.pose(&mut asks);
        let rows = self.fetch(&asks)?;
        self.asked.append(&mut asks);
        Ok(ask.take(&mut rows.into_iter()))
    }

    fn fetch(&mut self, asks: &[AskOf<R>]) -> Result<Vec<Vec<Stored<R>>>, Abort> {
        // Own writes lie over those of the batch, and these over the engine's answer.
        let of_batch = self.own.widen(asks);
        let of_engine = self.base.widen(&of_batch);
        let answers = self.engine.fetch(&of_engine)?;
        Ok(self.own.apply(asks, self.base.apply(&of_batch, answers)))
    }

    /// When the transaction began.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }
}

/// A row that is written: as it was when first seen here, and as it will be.
pub(super) struct Pending<R = Record> {
    expects: Option<Generation>,
    children: Generation,
    pub old: Option<R>,
    pub new: Option<R>,
}

/// A transaction. Its body reads, decides and writes, and may be run again: it must change nothing else.
pub struct Tx<'a, R: Rows = Record> {
    view: View<'a, R>,
    pub(super) pending: BTreeMap<R::Key, Pending<R>>,
    pub(super) grounds: R::Grounds,
    step: Option<&'static str>,
}

impl<'a, R: Rows> Deref for Tx<'a, R> {
    type Target = View<'a, R>;

    fn deref(&self) -> &View<'a, R> {
        &self.view
    }
}

impl<'a, R: Rows> DerefMut for Tx<'a, R> {
    fn deref_mut(&mut self) -> &mut View<'a, R> {
        &mut self.view
    }
}

impl<R: Rows> fmt::Debug for View<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl<R: Rows> fmt::Debug for Tx<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("step", &self.step)
            .field("wrote", &self.pending.keys())
            .finish_non_exhaustive()
    }
}

/// Rows that may simply be removed.
pub trait Removable: Row {}

impl<R: Rows> Tx<'_, R> {
    /// Names the step more exactly than its caller could: what it turned out to do.
    pub fn called(&mut self, step: &'static str) {
        self.step = Some(step);
    }

    /// A row that must not exist yet.
    pub fn insert<T: Row<Of = R>>(&mut self, row: T) {
        self.write::<T>(None, Some(row));
    }

    /// Another version of a row, seen here or in an earlier step. Writing what is already there is no write.
    pub fn update<T: Row<Of = R>>(&mut self, old: &Seen<T>, new: T) {
        if *old.row != new {
            self.write(Some(old), Some(new));
        }
    }

    pub fn remove<T: Removable<Of = R>>(&mut self, old: &Seen<T>) {
        self.write(Some(old), None);
    }

    pub(super) fn write<T: Row<Of = R>>(&mut self, old: Option<&Seen<T>>, new: Option<T>) {
        let key = T::name_key(new.as_ref().map_or_else(|| old.expect("a write has a row").key(), Row::key));
        let record = new.map(|row| Arc::new(row).into_record());
        let seen = old.map(|old| (old.generation, Arc::clone(&old.row).into_record()));
        let children = old.map_or_else(Generation::default, |old| old.children);
        let pending = self.pending.entry(key.clone()).or_insert_with(|| {
            let (expects, old) = seen.clone().unzip();
            Pending { expects, children, old, new: None }
        });
        // A second write of a row must build on the first, or it would undo it.
        if pending.new.is_some() {
            let built_on = seen.map(|(_, record)| record);
            assert_eq!(built_on, pending.new, "a row is written twice from the same sight");
        }
        pending.new.clone_from(&record);
        self.view.own.put(key, record, pending.expects, pending.children);
    }

    fn settle(mut self, by: Commit<'_>) -> Result<(Changes<R>, Footprint<R>), Abort> {
        let ledger = R::follow(&mut self)?;
        let mut footprint = Footprint::of_reads(self.view.asked);
        let mut bumps = BTreeSet::new();
        let mut writes = Vec::with_capacity(self.pending.len());
        for (key, pending) in self.pending {
            for record in [&pending.old, &pending.new].into_iter().flatten() {
                footprint.moved.extend(record.ranges());
                bumps.extend(record.parents());
            }
            footprint.wrote.insert(key.clone());
            let Pending { expects, children, old, new } = pending;
            if old.is_some() || new.is_some() {
                writes.push(Write { key, expects, children, record: new });
            }
        }
        let Commit { writer, n, step, cause } = by;
        let (cause, at, step) = (cause.clone(), self.view.now, self.step.unwrap_or(step));
        Ok((Changes { writer, n, step, cause, at, writes, bumps, ledger }, footprint))
    }
}

/// Rows that are written by whoever has not seen them. Ours are not: whoever writes one has decided from what it was.
pub trait Blind: Rows {}

impl<R: Blind> Tx<'_, R> {
    /// Writes a row, whatever is there: nobody has seen what it was.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn overwrite<T: Row<Of = R>>(&mut self, row: T) -> Result<(), Abort> {
        let old = self.unseen::<T>(&row.key())?;
        self.write(old.as_ref(), Some(row));
        Ok(())
    }

    /// Removes a row, if it is there: nobody has seen whether it was.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn erase<T: Row<Of = R>>(&mut self, key: &T::Key) -> Result<(), Abort> {
        match self.unseen::<T>(key)? {
            Some(old) => self.write(Some(&old), None),
            None => {
                let nothing =
                    Pending { expects: None, children: Generation::default(), old: None, new: None };
                self.pending.entry(T::name_key(key.clone())).or_insert(nothing);
            }
        }
        Ok(())
    }

    /// The row to be written over, which the body does not get to see.
    fn unseen<T: Row<Of = R>>(&mut self, key: &T::Key) -> Result<Option<Seen<T>>, Abort> {
        let rows = self.view.fetch(&[RawAsk::Get(T::name_key(key.clone()))])?;
        Ok(rows.into_iter().flatten().next().map(Seen::of))
    }
}

/// Under which name and number a transaction commits, and on whose request.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    pub writer: Uuid,
    pub n: u64,
    pub step: &'static str,
    pub cause: &'a Cause,
}

/// A body that ran: its result, and what it wants written.
#[derive(Debug)]
pub struct Draft<T, R: Rows = Record> {
    pub value: T,
    pub changes: Changes<R>,
    pub footprint: Footprint<R>,
}

/// Runs a body over an engine and the batch before it. Nothing is stored yet.
///
/// # Errors
/// When the body refuses, or the store cannot go on.
pub fn draft<R: Rows, T>(
    engine: &mut dyn Engine<R>,
    base: &Overlay<R>,
    now: Moment,
    by: Commit<'_>,
    body: &mut dyn FnMut(&mut Tx<'_, R>) -> Result<T, Halt>,
) -> Result<Draft<T, R>, Halt> {
    let view = View { engine, base, own: Overlay::default(), asked: Vec::new(), now };
    let mut tx = Tx { view, pending: BTreeMap::new(), grounds: R::Grounds::default(), step: None };
    let value = body(&mut tx)?;
    let (changes, footprint) = tx.settle(by)?;
    Ok(Draft { value, changes, footprint })
}

/// Runs a body that only reads.
///
/// # Errors
/// When the body refuses, or the store cannot go on.
pub fn look<R: Rows, T>(
    engine: &mut dyn Engine<R>,
    now: Moment,
    body: &mut dyn FnMut(&mut View<'_, R>) -> Result<T, Halt>,
) -> Result<(T, Footprint<R>), Halt> {
    let base = Overlay::default();
    let mut view = View { engine, base: &base, own: Overlay::default(), asked: Vec::new(), now };
    let value = body(&mut view)?;
    Ok((value, Footprint::of_reads(view.asked)))
}
