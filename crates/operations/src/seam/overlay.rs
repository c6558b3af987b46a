//! Writes that are not stored yet, laid over what the engine answers: a body's own, and those of the bodies
//! before it in the same batch.

use std::borrow::Cow;
use std::collections::BTreeMap;

use steadfast_model::ids::Generation;

use super::ask::Page;
use super::changes::Changes;
use super::engine::{AskOf, RawAsk};
use super::record::Record;
use super::rows::{Rows, Stored};

/// Rows as they will be. None stands for a row that is removed.
#[derive(Debug, Clone)]
pub struct Overlay<R: Rows = Record> {
    rows: BTreeMap<R::Key, Option<Stored<R>>>,
    /// How often the `children` generation of a row rises beyond what the engine or the row here says.
    bumps: BTreeMap<R::Key, u64>,
}

impl<R: Rows> Default for Overlay<R> {
    fn default() -> Self {
        Overlay { rows: BTreeMap::new(), bumps: BTreeMap::new() }
    }
}

impl<R: Rows> Overlay<R> {
    /// Lays the writes of a batch member over what stands here.
    pub fn absorb(&mut self, changes: &Changes<R>) {
        for write in &changes.writes {
            self.put(write.key.clone(), write.record.clone(), write.expects, write.children);
        }
        for key in &changes.bumps {
            *self.bumps.entry(key.clone()).or_default() += 1;
        }
    }

    /// `children` is the generation as last seen, which counts only where the engine does not say.
    pub(super) fn put(
        &mut self,
        key: R::Key,
        record: Option<R>,
        expects: Option<Generation>,
        children: Generation,
    ) {
        if expects.is_none() {
            // What rose before there was a row is forgotten.
            self.bumps.remove(&key);
        }
        let generation = expects.map_or(Generation(1), Generation::next);
        let bumps = self.bumps.get(&key).copied().unwrap_or_default();
        let children = Generation(children.0.saturating_sub(bumps));
        self.rows.insert(key, record.map(|record| Stored { record, generation, children }));
    }

    fn bumped(&self, mut row: Stored<R>) -> Stored<R> {
        if !self.bumps.is_empty() {
            row.children.0 += self.bumps.get(&row.record.key()).copied().unwrap_or_default();
        }
        row
    }

    /// Applies what stands here to an engine's answers.
    pub(super) fn apply(&self, asks: &[AskOf<R>], answers: Vec<Vec<Stored<R>>>) -> Vec<Vec<Stored<R>>> {
        if self.rows.is_empty() && self.bumps.is_empty() {
            return answers;
        }
        asks.iter().zip(answers).map(|(ask, rows)| self.apply_one(ask, rows)).collect()
    }

    fn apply_one(&self, ask: &AskOf<R>, rows: Vec<Stored<R>>) -> Vec<Stored<R>> {
        let rows = match ask {
            RawAsk::Get(key) => match self.rows.get(key) {
                Some(own) => own.iter().map(|own| laid_over(own, rows.first())).collect(),
                None => rows,
            },
            RawAsk::Of(range, page) => self.apply_list(range, page, rows),
        };
        rows.into_iter().map(|row| self.bumped(row)).collect()
    }

    fn apply_list(&self, range: &R::Range, page: &Page<R::Key>, rows: Vec<Stored<R>>) -> Vec<Stored<R>> {
        let mut merged: BTreeMap<R::Key, Stored<R>> =
            rows.into_iter().map(|row| (row.record.key(), row)).collect();
        for (key, own) in &self.rows {
            let under = merged.remove(key);
            let Some(own) = own else { continue };
            if page.reaches(key) && R::table(key) == R::table_of(range) && own.record.ranges().contains(range)
            {
                merged.insert(key.clone(), laid_over(own, under.as_ref()));
            }
        }
        if page.descending {
            merged.into_values().rev().take(page.limit).collect()
        } else {
            merged.into_values().take(page.limit).collect()
        }
    }

    /// The questions to what lies below: a page is asked for with room for the rows that may be taken away from it.
    pub(super) fn widen<'q>(&self, asks: &'q [AskOf<R>]) -> Cow<'q, [AskOf<R>]> {
        if self.rows.is_empty() {
            return Cow::Borrowed(asks);
        }
        asks.iter().map(|ask| self.widen_one(ask.clone())).collect()
    }

    fn widen_one(&self, mut ask: AskOf<R>) -> AskOf<R> {
        if let RawAsk::Of(range, page) = &mut ask {
            let hidden = self.rows.keys().filter(|key| R::table(key) == R::table_of(range)).count();
            page.limit = page.limit.saturating_add(hidden);
        }
        ask
    }
}

/// A row as written here, over the same row as the engine has it: a write leaves `children` as they are.
fn laid_over<R: Rows>(own: &Stored<R>, under: Option<&Stored<R>>) -> Stored<R> {
    let children = under.map_or(own.children, |under| under.children);
    Stored { children, ..own.clone() }
}
