//! What may go wrong. Each fault has a budget in the world, and spending it is a choice of the explorer: a step that
//! races with whatever it spoils.
//!
//! Nothing mends by itself in this world, where a timer that proves nothing never goes off. So a fault that an agent
//! gets over only when a timer goes off earns that timer one more time: runs converge, and they end.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::Hash;

use steadfast_explore::{Handle, Steady, When};
use steadfast_model::ids::Moment;

use crate::listed::listed;
use crate::site::{Object, Site, Touched};

listed! {
    /// Something that may go wrong.
    pub enum Fault {
        AgentCrash,
        HostCrash,
        ControlCrash,
        MessageLost,
        AnswerLost,
        MessageRepeated,
        AnswerDelayed,
        LateList,
        OrderFails,
        OrderAnswerLost,
        TimerEarly,
        Partition,
        ClockJumps,
    }
}

impl Fault {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fault::AgentCrash => "agent-crash",
            Fault::HostCrash => "host-crash",
            Fault::ControlCrash => "control-crash",
            Fault::MessageLost => "message-lost",
            Fault::AnswerLost => "answer-lost",
            Fault::MessageRepeated => "message-repeated",
            Fault::AnswerDelayed => "answer-delayed",
            Fault::LateList => "late-list",
            Fault::OrderFails => "order-fails",
            Fault::OrderAnswerLost => "order-answer-lost",
            Fault::TimerEarly => "timer-early",
            Fault::Partition => "partition",
            Fault::ClockJumps => "clock-jumps",
        }
    }

    /// What goes wrong, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Fault::AgentCrash => "An agent's process dies, and another starts.",
            Fault::HostCrash => "A host loses power with all that runs there, and boots again.",
            Fault::ControlCrash => "The control plane dies, and another starts and sweeps.",
            Fault::MessageLost => "A message never arrives, and its sender gives up waiting.",
            Fault::AnswerLost => "The sender of a message gives up waiting, and it is handled all the same.",
            Fault::MessageRepeated => "A message arrives a second time, at any later moment.",
            Fault::AnswerDelayed => "An answer comes later than others of the same agent.",
            Fault::LateList => "The list of an earlier question arrives in answer to a later one.",
            Fault::OrderFails => "An order to a machine is not done, and its agent is told so.",
            Fault::OrderAnswerLost => "An order to a machine is done, and its agent is told that it failed.",
            Fault::TimerEarly => "A timer goes off that nothing needed.",
            Fault::Partition => "The calls of one agent go unanswered until the network heals.",
            Fault::ClockJumps => "Each reading of a clock is years before or after the one before.",
        }
    }

    /// The fault of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Fault> {
        Fault::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Site {
    /// Whether the fault may still happen.
    pub(crate) fn may(&self, fault: Fault) -> bool {
        self.faults.get(&fault).is_some_and(|left| *left > 0)
    }

    /// The fault happens.
    pub(crate) fn spend(&mut self, fault: Fault) {
        if let Some(left) = self.faults.get_mut(&fault) {
            *left = left.saturating_sub(1);
        }
    }
}

/// The fault as a step, while its budget lasts and `also` holds, which is read from the objects named.
pub(crate) fn goes_wrong<T: Hash + Clone + Send + 'static>(
    site: &Handle<Site>,
    fault: Fault,
    label: String,
    (reads, also): (Vec<Object>, impl Fn(&Site) -> bool + Send + Sync + 'static),
    mut body: impl FnMut(&mut Site) -> (T, Touched) + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    let when = When::new(reads.into_iter().chain([Object::Budget(fault)]), move |site: &Site| {
        site.may(fault) && also(site)
    });
    site.fault(label, when, move |site| {
        site.spend(fault);
        let (value, touched) = body(site);
        (value, touched.and_writes([Object::Budget(fault)]))
    })
}

/// The moment at which everything happens while clocks are right: no decision may depend on it.
const NOW: Moment = Moment(0);

/// How far clocks jump, in either direction.
const JUMP_MICROS: u64 = 10 * 365 * 86_400 * 1_000_000;

/// What a clock says. Where clocks jump it follows from where the task stands that reads it, and from nothing else.
pub(crate) fn moment(site: &Handle<Site>, possible: &BTreeSet<Fault>) -> Moment {
    if !possible.contains(&Fault::ClockJumps) {
        return NOW;
    }
    let far =
        i64::try_from(Steady::of(&("clock", site.standing())) % (2 * JUMP_MICROS)).expect("twenty years");
    Moment(NOW.0 + far - JUMP_MICROS.cast_signed())
}

/// No condition beside the budget.
pub(crate) fn at_once() -> (Vec<Object>, impl Fn(&Site) -> bool + Send + Sync + 'static) {
    (Vec::new(), |_: &Site| true)
}
