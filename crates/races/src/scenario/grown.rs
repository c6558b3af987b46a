//! Races that are drawn: more operations at once than anybody can list, with several things that go wrong. Each is
//! named after what it is made of, like those of two and three, so a name is all that it takes to have one again.

use steadfast_explore::Steady;

use super::generated::{self, Op};
use crate::fault::Fault;
use crate::stage::Race;

/// How many operations a race has, and how many faults at most.
const OPS: std::ops::RangeInclusive<u64> = 2..=7;
const FAULTS_MAX: u64 = 3;

/// The race of this number, among those that `seed` leads to.
#[must_use]
pub fn drawn(seed: u64, number: u64) -> Race {
    let mut draws = 0u64;
    let mut below = |bound: u64| {
        draws += 1;
        Steady::of(&(seed, number, draws)) % bound
    };
    let mut one_of = |count: usize| usize::try_from(below(count as u64)).expect("it is less than a count");
    let wanted = OPS.start() + one_of((OPS.end() - OPS.start() + 1) as usize) as u64;
    let mut ops: Vec<Op> = Vec::new();
    while (ops.len() as u64) < wanted {
        let op = Op::ALL[one_of(Op::ALL.len())];
        if op.repeats() || !ops.contains(&op) {
            ops.push(op);
        }
    }
    let wanted = one_of(FAULTS_MAX as usize + 1);
    let mut faults: Vec<Fault> = Vec::new();
    for _ in 0..wanted {
        let fault = Fault::ALL[one_of(Fault::ALL.len())];
        if generated::touches(fault, &ops) && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    generated::of(ops, faults)
}
