//! What a picture marks: the steps that a violation turns on, a word on each, and how they hang together.

use std::collections::BTreeMap;

use super::svg::{READ, WRITE, WRONG};
use super::{Reaction, Stale, Tear, Timeline, Torn};

/// How many stale reads are drawn: more would hide each other.
const STALE_MAX: usize = 2;

/// A line between two steps.
pub(super) struct Join {
    pub from: usize,
    pub to: usize,
    pub colour: &'static str,
    pub dashed: bool,
}

#[derive(Default)]
pub(super) struct Marks {
    /// Steps by their place, with a colour and a word on what each has to do with the violation.
    pub of_steps: BTreeMap<usize, (&'static str, String)>,
    pub joins: Vec<Join>,
    /// What is to be said of the time between two steps.
    pub between: Option<(usize, usize, Vec<String>)>,
}

impl Marks {
    pub fn of(timeline: &Timeline) -> Marks {
        let mut marks = Marks::default();
        let act = |acted: usize| {
            let first = timeline.moments[acted].writes.first();
            first.map_or_else(String::new, |object| format!(", writes {object}"))
        };
        timeline.torn.iter().for_each(|torn| marks.torn(torn, &act(torn.acted)));
        timeline.stale.iter().take(STALE_MAX).for_each(|stale| marks.stale(stale, &act(stale.acted)));
        marks
    }

    /// What is said of a step first, stays.
    fn mark(&mut self, step: usize, colour: &'static str, words: String) {
        self.of_steps.entry(step).or_insert((colour, words));
    }

    fn join(&mut self, from: usize, to: usize, colour: &'static str, dashed: bool) {
        let known = |join: &Join| (join.from, join.to) == (from, to);
        if from != to && !self.joins.iter().any(known) {
            self.joins.push(Join { from, to, colour, dashed });
        }
    }

    /// A read that came too early, and the write that it missed.
    fn missed(&mut self, read: usize, written: usize, object: &str) {
        self.mark(read, READ, format!("saw {object}, before step {}", written + 1));
        self.mark(written, WRITE, format!("writes {object}"));
        self.join(read, written, READ, true);
    }

    fn stale(&mut self, stale: &Stale, act: &str) {
        let Stale { acted, read, written, object, reaction } = stale;
        let words = match reaction {
            Reaction::Acted => format!("acts on step {}{act}", read + 1),
            Reaction::LookedAgain => "looks again, too late".to_owned(),
        };
        self.mark(*acted, WRONG, words);
        self.missed(*read, *written, object);
        self.join(*read, *acted, WRONG, false);
    }

    fn torn(&mut self, torn: &Torn, act: &str) {
        let Torn { tear, before, after, acted } = torn;
        let saw = format!("saw {}, after step {}", after.object, after.written + 1);
        let words = match tear {
            Tear::Mixed if after.read == *acted => format!("{saw}{act}"),
            Tear::Mixed => format!("acts on {} and {}{act}", before.read + 1, after.read + 1),
            Tear::HalfDone => format!("acts on half of it{act}"),
        };
        self.mark(*acted, WRONG, words);
        self.missed(before.read, before.written, &before.object);
        self.mark(after.read, READ, saw);
        self.mark(after.written, WRITE, format!("writes {}", after.object));
        self.join(after.written, after.read, WRITE, false);
        self.join(before.read, *acted, WRONG, false);
        self.join(after.read, *acted, WRONG, false);
        if *tear == Tear::Mixed {
            let words = ["both changed between these reads:", "what they saw was never so", "at one time"];
            let words = words.into_iter().map(str::to_owned).collect();
            self.between = Some((before.read, after.read, words));
        }
    }

    /// The steps that act: what each acts on is joined to it by lines of its own.
    pub fn acts(&self) -> Vec<usize> {
        let mut acts: Vec<usize> =
            self.joins.iter().filter(|join| join.colour == WRONG).map(|join| join.to).collect();
        acts.sort_unstable();
        acts.dedup();
        acts
    }
}
