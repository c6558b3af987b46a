//! Checks that always say yes: the row, or the message, looks to the code as it must for the check to pass.
//!
//! A row that looks other than it is must not be written back as it looks: what the code left as it saw it is written
//! as it is.

mod table;

use steadfast_explore::Handle;
use steadfast_model::claim::Claim;
use steadfast_model::host::Host;
use steadfast_model::instance::Instance;
use steadfast_model::message::{AskList, Register, Report};
use steadfast_model::pci::Device;
use steadfast_operations::seam::{Changes, Message, Record, Row, Step};
use steadfast_store::Memory;

use super::rule::{bend, unnumber};
use super::same;
use crate::scenario::generated::Op;
use crate::site::{Site, Touched};

/// A check that always says yes.
#[derive(Debug)]
pub struct Blind {
    pub name: &'static str,
    pub about: &'static str,
    pub(super) ops: &'static [Op],
    /// The transactions that see it so.
    steps: &'static [Step],
    sight: Sight,
}

/// How something looks.
#[derive(Debug)]
enum Sight {
    Host(Looks<Host>),
    Claim(Looks<Claim>),
    Instance(Looks<Instance>),
    Device(Looks<Device>),
    Report(fn(&Memory, &mut Report)),
    AskList(fn(&Memory, &mut AskList)),
    Register(fn(&Memory, &mut Register)),
}

/// How a row looks, and how what was left as it looked becomes what it is.
#[derive(Debug)]
struct Looks<R> {
    look: fn(&Memory, &mut R),
    /// Of the row as it looked, as it is, and as it is to be written.
    mend: fn(&R, &R, &mut R),
}

impl PartialEq for Blind {
    fn eq(&self, other: &Blind) -> bool {
        self.name == other.name
    }
}

impl Eq for Blind {}

pub(super) fn all() -> impl Iterator<Item = &'static Blind> {
    table::ALL.iter().chain(table::OF_MOVES)
}

impl Blind {
    pub(super) fn bend_read(&self, store: &Memory, step: Step, record: &mut Record) {
        if !self.steps.contains(&step) {
            return;
        }
        match &self.sight {
            Sight::Host(looks) => bend(record, |row| (looks.look)(store, row)),
            Sight::Claim(looks) => bend(record, |row| (looks.look)(store, row)),
            Sight::Instance(looks) => bend(record, |row| (looks.look)(store, row)),
            Sight::Device(looks) => bend(record, |row| (looks.look)(store, row)),
            // Within one life the number of a report guards the same as its statements' orders.
            Sight::Report(_) => unnumber(record),
            Sight::AskList(_) | Sight::Register(_) => {}
        }
    }

    /// Writes what was left as it looked as it is.
    pub(super) fn mend(&self, store: &Memory, step: Step, changes: &mut Changes) {
        if !self.steps.contains(&step) {
            return;
        }
        for write in &mut changes.writes {
            let Some(new) = &mut write.record else { continue };
            let Some(old) = store.row(&write.key).map(|row| &row.record) else { continue };
            match &self.sight {
                Sight::Host(looks) => looks.mend(store, old, new),
                Sight::Claim(looks) => looks.mend(store, old, new),
                Sight::Instance(looks) => looks.mend(store, old, new),
                Sight::Device(looks) => looks.mend(store, old, new),
                Sight::Report(_) | Sight::AskList(_) | Sight::Register(_) => {}
            }
        }
    }

    /// What the handler sees in place of a message.
    pub(super) async fn bend_message<M: Message>(&'static self, site: &Handle<Site>, message: M) -> M {
        let of_message = matches!(self.sight, Sight::Report(_) | Sight::AskList(_) | Sight::Register(_));
        if !of_message || !self.steps.contains(&M::NAME) {
            return message;
        }
        site.step("looks", move |site| (self.bent(&site.store, message.clone()), Touched::everything())).await
    }

    fn bent<M: Message>(&self, store: &Memory, message: M) -> M {
        fn changed<M: Message, N: Message>(message: &M, change: impl FnOnce(&mut N)) -> Option<M> {
            let mut message: N = same(message.clone())?;
            change(&mut message);
            same(message)
        }
        let bent = match self.sight {
            Sight::Report(look) => changed(&message, |report| look(store, report)),
            Sight::AskList(look) => changed(&message, |ask| look(store, ask)),
            Sight::Register(look) => changed(&message, |life| look(store, life)),
            Sight::Host(_) | Sight::Claim(_) | Sight::Instance(_) | Sight::Device(_) => None,
        };
        bent.unwrap_or(message)
    }
}

impl<R: Row<Of = Record>> Looks<R> {
    fn mend(&self, store: &Memory, old: &Record, new: &mut Record) {
        let Some(is) = R::of_record(old) else { return };
        let mut looked = is.as_ref().clone();
        (self.look)(store, &mut looked);
        bend(new, |new| (self.mend)(&looked, is, new));
    }
}
