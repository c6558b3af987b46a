//! Reads what other processes commit, for the index.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use steadfast_operations::seam::{Abort, Key, RawAsk};

use super::index::{Index, concerns};
use crate::backend::Backend;

/// How often the feed is asked, beside whenever somebody schedules. Rarer lets agents wait longer for what another
/// process decided; more often asks an idle database for nothing.
const POLL_MS: u64 = 200;
/// Entries of the feed in one answer.
const PAGE: usize = 1_000;

/// Follows the feed until the index is closed.
pub(super) fn follow(mut engine: Box<dyn Backend>, index: &Arc<Index>) {
    let mut failing = false;
    while let Some(asked) = index.wait_for_gap(Duration::from_millis(POLL_MS)) {
        let followed = catch_up(engine.as_mut(), index);
        engine.rollback();
        match followed {
            Ok(()) => {
                failing = false;
                index.answer(asked);
            }
            // Whoever asked waits for the next time.
            Err(why) => {
                if !failing {
                    tracing::warn!(%why, "cannot follow the feed; schedulers see hosts as they were");
                }
                failing = true;
                // A gap would wake this thread again at once.
                std::thread::sleep(Duration::from_millis(POLL_MS));
            }
        }
    }
}

/// Brings the index to the newest version, if it is not there.
fn catch_up(engine: &mut dyn Backend, index: &Index) -> Result<(), Abort> {
    let since = index.version();
    if engine.feed(since, 1)?.is_empty() {
        return Ok(());
    }
    // From here on all is of one version.
    engine.rollback();
    engine.fetch(&[])?;
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    let mut version = since;
    loop {
        let entries = engine.feed(version, PAGE)?;
        let Some(last) = entries.last() else { break };
        version = last.version;
        keys.extend(entries.into_iter().flat_map(|entry| entry.keys).filter(concerns));
    }
    let asks: Vec<RawAsk> = keys.iter().cloned().map(RawAsk::Get).collect();
    let rows = engine.fetch(&asks)?;
    index.take_feed(version, keys.into_iter().zip(rows.into_iter().map(|found| found.into_iter().next())));
    Ok(())
}
