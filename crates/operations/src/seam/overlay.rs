//! Writes that are not stored yet, laid over what the engine answers: a body's own, and those of the bodies
//! before it in the same batch.

use std::collections::BTreeMap;

use steadfast_model::ids::Generation;

use super::ask::Page;
use super::changes::Changes;
use super::engine::RawAsk;
use super::row::{Key, Range, Record, Stored};

/// Rows as they will be. None stands for a row that is removed.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    rows: BTreeMap<Key, Option<Stored>>,
    /// How often the `children` generation of a row rises beyond what the engine or the row here says.
    bumps: BTreeMap<Key, u64>,
}

impl Overlay {
    /// Lays the writes of a batch member over what stands here.
    pub fn absorb(&mut self, changes: &Changes) {
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
        key: Key,
        record: Option<Record>,
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

    fn bumped(&self, mut row: Stored) -> Stored {
        if !self.bumps.is_empty() {
            row.children.0 += self.bumps.get(&row.record.key()).copied().unwrap_or_default();
        }
        row
    }

    /// Applies what stands here to an engine's answer.
    pub(super) fn apply(&self, ask: &RawAsk, rows: Vec<Stored>) -> Vec<Stored> {
        if self.rows.is_empty() && self.bumps.is_empty() {
            return rows;
        }
        let rows = match ask {
            RawAsk::Get(key) => match self.rows.get(key) {
                Some(own) => own.iter().map(|own| laid_over(own, rows.first())).collect(),
                None => rows,
            },
            RawAsk::Of(range, page) => self.apply_list(range, page, rows),
        };
        rows.into_iter().map(|row| self.bumped(row)).collect()
    }

    fn apply_list(&self, range: &Range, page: &Page, rows: Vec<Stored>) -> Vec<Stored> {
        let mut merged: BTreeMap<Key, Stored> = rows.into_iter().map(|row| (row.record.key(), row)).collect();
        for (key, own) in &self.rows {
            let under = merged.remove(key);
            let Some(own) = own else { continue };
            if page.reaches(key) && key.table() == range.table() && own.record.ranges().contains(range) {
                merged.insert(key.clone(), laid_over(own, under.as_ref()));
            }
        }
        if page.descending {
            merged.into_values().rev().take(page.limit).collect()
        } else {
            merged.into_values().take(page.limit).collect()
        }
    }

    /// The question to what lies below: a page is asked for with room for the rows that may be taken away from it.
    pub(super) fn widen(&self, ask: &RawAsk) -> RawAsk {
        let mut ask = ask.clone();
        if let RawAsk::Of(range, page) = &mut ask {
            let hidden = self.rows.keys().filter(|key| key.table() == range.table()).count();
            page.limit = page.limit.saturating_add(hidden);
        }
        ask
    }
}

/// A row as written here, over the same row as the engine has it: a write leaves `children` as they are.
fn laid_over(own: &Stored, under: Option<&Stored>) -> Stored {
    let children = under.map_or(own.children, |under| under.children);
    Stored { children, ..own.clone() }
}
