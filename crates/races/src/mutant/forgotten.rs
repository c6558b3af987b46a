//! Writes that a commit forgets, and wake-ups that never come.

mod table;

use steadfast_model::action::Action;
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::instance::Instance;
use steadfast_model::migration::Migration;
use steadfast_model::pci::Device;
use steadfast_operations::seam::{Changes, Key, Record, Row, Step, Table, Write};
use steadfast_store::Memory;

use super::Mutant;
use super::rule::bend;
use crate::scenario::generated::Op;
use crate::site::Site;

/// Something that is forgotten.
#[derive(Debug)]
pub struct Forgotten {
    pub name: &'static str,
    pub about: &'static str,
    pub(super) ops: &'static [Op],
    /// What the transaction turned out to do that forgets it; or on whose behalf the control plane should go on.
    step: Step,
    what: Loss,
}

/// What is forgotten.
#[derive(Debug)]
enum Loss {
    Host(Kept<Host>),
    Claim(Kept<Claim>),
    Instance(Kept<Instance>),
    Migration(Kept<Migration>),
    Device(Kept<Device>),
    Action(Kept<Action>),
    /// Everything of a table.
    Rows(Table),
    /// Agents are not woken to the commit: its entry in the feed is missing.
    Wake,
    /// Nobody goes on with the operation afterwards.
    GoingOn,
}

/// Keeps of a row, as it is to be written, what it was before; none for a row that is new.
type Kept<R> = fn(Option<&R>, &mut R);

impl PartialEq for Forgotten {
    fn eq(&self, other: &Forgotten) -> bool {
        self.name == other.name
    }
}

impl Eq for Forgotten {}

pub(super) fn all() -> impl Iterator<Item = &'static Forgotten> {
    table::OF_OPERATIONS.iter().chain(table::OF_MOVES).chain(table::OF_HOSTS)
}

impl Forgotten {
    pub(super) fn forget(&self, store: &Memory, changes: &mut Changes) {
        if changes.step != self.step {
            return;
        }
        let old = |key: &Key| store.row(key).map(|row| &row.record);
        if let Loss::Rows(table) = self.what {
            changes.writes.retain(|write| write.key.table() != table);
        }
        for write in &mut changes.writes {
            let Some(new) = &mut write.record else { continue };
            self.keep(old(&write.key), new);
        }
        changes.writes.retain(|write| write.record.as_ref() != old(&write.key));
        let Changes { writes, ledger, .. } = changes;
        // The ledger is made from what is written: it tells of nothing that was forgotten.
        ledger.retain(|entry| writes.iter().any(|write| tells_of(write, entry)));
    }

    fn keep(&self, old: Option<&Record>, new: &mut Record) {
        match self.what {
            Loss::Host(kept) => keep(kept, old, new),
            Loss::Claim(kept) => keep(kept, old, new),
            Loss::Instance(kept) => keep(kept, old, new),
            Loss::Migration(kept) => keep(kept, old, new),
            Loss::Device(kept) => keep(kept, old, new),
            Loss::Action(kept) => keep(kept, old, new),
            Loss::Rows(_) | Loss::Wake | Loss::GoingOn => {}
        }
    }
}

fn keep<R: Row<Of = Record>>(kept: Kept<R>, old: Option<&Record>, new: &mut Record) {
    bend(new, |new| kept(old.and_then(R::of_record).map(AsRef::as_ref), new));
}

/// Whether an entry of the ledger tells of this row.
pub(super) fn tells_of(write: &Write, entry: &steadfast_model::ledger::Entry) -> bool {
    match (&write.key, entry.device) {
        (Key::Device((host, at)), Some(device)) => *host == entry.host && *at == device,
        (Key::Claim(claim), None) => Some(*claim) == entry.claim,
        _ => false,
    }
}

impl Mutant {
    /// Whether nobody goes on with what was done on this behalf.
    pub(crate) fn forgets_to_go_on(self, by: &str) -> bool {
        match self {
            Mutant::Forgotten(Forgotten { step, what: Loss::GoingOn, .. }) => *step == by,
            Mutant::Rule(_)
            | Mutant::Torn(_)
            | Mutant::Blind(_)
            | Mutant::Forgotten(_)
            | Mutant::Twice(_)
            | Mutant::Swapped(_)
            | Mutant::Weak(_) => false,
        }
    }
}

impl Site {
    /// Notes to what agents are not woken.
    pub(crate) fn note_silence(&mut self, mutant: Mutant, changes: &Changes) {
        let Mutant::Forgotten(Forgotten { step, what: Loss::Wake, .. }) = mutant else { return };
        if changes.step != *step {
            return;
        }
        let hosts = changes.writes.iter().filter_map(|write| write.record.as_ref().and_then(Host::of_record));
        self.unheard.extend(hosts.map(|host| (host.id.clone(), host.list_gen)));
    }
}
