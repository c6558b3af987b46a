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
    /// How often the `children` generation of a row rises, stored or laid over.
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

    /// `children` is the generation as last seen, with what was bumped here before.
    pub(super) fn put(
        &mut self,
        key: Key,
        record: Option<Record>,
        expects: Option<Generation>,
        children: Generation,
    ) {
        let generation = expects.map_or(Generation(1), Generation::next);
        let children = Generation(children.0 - self.bumps.get(&key).copied().unwrap_or_default());
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
                Some(own) => own.iter().cloned().collect(),
                None => rows,
            },
            RawAsk::Of(range, page) => self.apply_list(range, page, rows),
        };
        rows.into_iter().map(|row| self.bumped(row)).collect()
    }

    fn apply_list(&self, range: &Range, page: &Page, rows: Vec<Stored>) -> Vec<Stored> {
        let untouched = rows.into_iter().map(|row| (row.record.key(), row));
        let mut merged: BTreeMap<Key, Stored> =
            untouched.filter(|(key, _)| !self.rows.contains_key(key)).collect();
        for (key, own) in &self.rows {
            let Some(own) = own else { continue };
            if page.reaches(key) && key.table() == range.table() && own.record.ranges().contains(range) {
                merged.insert(key.clone(), own.clone());
            }
        }
        if page.descending {
            merged.into_values().rev().take(page.limit).collect()
        } else {
            merged.into_values().take(page.limit).collect()
        }
    }

    /// How many rows of a page may turn out to be gone or moved: an engine is asked for as many more.
    pub(super) fn hidden(&self, range: &Range) -> usize {
        self.rows.keys().filter(|key| key.table() == range.table()).count()
    }
}
