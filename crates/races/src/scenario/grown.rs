//! Races that are drawn: more operations at once than anybody can list, with several things that go wrong. Each is
//! named after what it is made of, like those of two and three, so a name is all that it takes to have one again.

use steadfast_explore::Steady;

use super::generated::{self, Op};
use crate::fault::Fault;
use crate::stage::Race;

/// How many operations a race has, and how many faults at most.
const OPS_MIN: usize = 2;
const OPS_MAX: usize = 7;
const FAULTS_MAX: usize = 3;

/// The race of this number, among those that `seed` leads to.
#[must_use]
pub fn drawn(seed: u64, number: u64) -> Race {
    let mut draws = 0u64;
    let mut one_of = |count: usize| {
        draws += 1;
        let drawn = Steady::of(&(seed, number, draws)) % count as u64;
        usize::try_from(drawn).expect("it is less than a count")
    };
    let wanted = OPS_MIN + one_of(OPS_MAX - OPS_MIN + 1);
    let mut ops: Vec<Op> = Vec::new();
    while ops.len() < wanted {
        let op = Op::ALL[one_of(Op::ALL.len())];
        if op.repeats() || !ops.contains(&op) {
            ops.push(op);
        }
    }
    let mut faults: Vec<Fault> = Vec::new();
    for _ in 0..one_of(FAULTS_MAX + 1) {
        let fault = Fault::ALL[one_of(Fault::ALL.len())];
        if generated::touches(fault, &ops) && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    generated::of(ops, faults)
}
