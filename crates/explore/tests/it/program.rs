//! Small programs of every kind of step that there is, made from a number: what the reductions are tested on.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::{Either, join, select};
use steadfast_explore::{Content, Footprint, Handle, Scenario, Steady, When, World};

/// What programs read and write: a few counters, and what each task has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Board {
    counters: [u8; 3],
    seen: BTreeMap<u32, Vec<u8>>,
    crashed: bool,
    /// Whether runs do all of their steps, each time.
    pub partial: bool,
}

impl Board {
    fn crash(&mut self) -> Footprint<usize> {
        self.crashed = true;
        Footprint::writes([CRASHED])
    }
}

impl World for Board {
    type Object = usize;

    fn digest(&self) -> u64 {
        let Board { counters, seen, crashed, partial: _ } = self;
        Steady::of(&(counters, seen, crashed))
    }

    fn is_whole(&self) -> bool {
        !self.partial
    }

    fn content(&self, object: &usize) -> Content {
        match *object {
            SUM => Content::Sum(self.counters[SUM].into()),
            at @ 0..SUM => Content::Whole(self.counters[at].into()),
            CRASHED => Content::Whole(self.crashed.into()),
            seen => Content::Whole(Steady::of(&self.seen.get(&number(seen - SEEN)))),
        }
    }
}

/// The counter that says what it holds as a sum: whoever writes it without reading adds to it.
const SUM: usize = 2;

/// What a step that sets a counter must say that it reads of it.
fn read_to_set(at: usize) -> Option<usize> {
    (at == SUM).then_some(SUM)
}

/// Whether a node ever died, as an object.
const CRASHED: usize = 3;

/// What the task of a number has seen, as an object, is so much and its number.
const SEEN: usize = 10;

/// Has seen something once somebody lost patience.
const IMPATIENT: u32 = 990;

fn seen_by(number: u32) -> usize {
    SEEN + number as usize
}

/// One thing that a task does.
#[derive(Debug, Clone)]
pub enum Op {
    Read(usize),
    /// Writes one more than the counter that was read last.
    Write(usize),
    Add(usize),
    /// Waits until a counter is at least so high.
    Await(usize, u8),
    /// Takes one from a counter that has one.
    Take(usize),
    /// Adds to a counter in the same breath as the step before, and does something more if it was odd.
    Touch(usize, Box<Op>),
    /// Looks at a counter in the same breath as the step before, and writes what was there into another one later.
    Keep(usize, usize),
    /// Reads a counter, and does something more if it was odd.
    Ask(usize, Box<Op>),
    /// Whichever of the two comes first; the other one never happens.
    Either(Box<Op>, Box<Op>),
    /// Starts a task on the node of this number.
    Spawn(u32, Vec<Op>),
    /// Starts a task there and waits for its end, unless the node dies.
    Request(u32, Vec<Op>),
    /// Starts a task there and waits for its end; once in a run somebody may lose patience, and starts it anew while the
    /// one before goes on. It asks nobody: two tasks of one name that wait for others are not told apart.
    Again(u32, Vec<Op>),
    /// Starts two tasks there, does a step while they run, and waits for both, whichever ends first.
    Both(u32, Vec<Op>, Vec<Op>),
    /// Orders a node to add to a counter, and to do something more if it was odd; waits for its end, unless the node
    /// dies.
    Order(u32, usize, Box<Op>),
    /// Every task of a node dies.
    Crash(u32),
    /// The same as something starts anew, once a counter has one.
    Restart(u32, usize),
    /// Something that may go wrong while a task does something else.
    Fault(usize, Box<Op>),
}

/// A program: what each of its first tasks does, and on which node.
#[derive(Debug, Clone)]
pub struct Program(pub Vec<(u32, Vec<Op>)>);

/// Numbers drawn from a seed.
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = Steady::of(&(self.0, bound));
        self.0 % bound
    }

    fn place(&mut self) -> usize {
        usize::try_from(self.below(3)).expect("few")
    }

    fn simple(&mut self) -> Op {
        match self.below(10) {
            0..3 => Op::Read(self.place()),
            3..5 => Op::Write(self.place()),
            5..7 => Op::Add(self.place()),
            7 => Op::Await(self.place(), 1),
            8 if self.below(2) == 0 => Op::Keep(self.place(), self.place()),
            8 => Op::Touch(self.place(), Box::new(Op::Add(self.place()))),
            _ => Op::Take(self.place()),
        }
    }

    /// `depth` says how deep tasks may start tasks here.
    fn op(&mut self, depth: u64) -> Op {
        let node = u32::try_from(self.below(2)).expect("few");
        match self.below(15) {
            0 if depth > 0 => Op::Spawn(node, self.ops(2, depth - 1)),
            1 if depth > 0 => Op::Request(node, self.ops(2, depth - 1)),
            2 if self.below(3) == 0 => Op::Restart(node, self.place()),
            2 => Op::Crash(node),
            3 | 4 => Op::Either(Box::new(self.simple()), Box::new(self.simple())),
            5 => Op::Fault(self.place(), Box::new(self.simple())),
            6 => Op::Ask(self.place(), Box::new(self.simple())),
            7 if depth > 0 => Op::Order(node, self.place(), Box::new(self.simple())),
            8 if depth > 0 => Op::Both(node, self.ops(1, depth - 1), vec![self.simple()]),
            9 if depth > 0 => Op::Again(node, self.ops(2, 0)),
            _ => self.simple(),
        }
    }

    fn ops(&mut self, most: u64, depth: u64) -> Vec<Op> {
        (0..=self.below(most)).map(|_| self.op(depth)).collect()
    }

    pub fn program(&mut self) -> Program {
        let task = |draws: &mut Draws| (u32::try_from(draws.below(3)).expect("few"), draws.ops(2, 2));
        Program((0..2 + self.below(2)).map(|_| task(self)).collect())
    }
}

/// One task at work: its own number, and what it read last.
struct Worker {
    board: Handle<Board>,
    number: u32,
    children: AtomicU32,
}

impl Worker {
    fn new(board: &Handle<Board>, number: u32) -> Worker {
        Worker { board: board.clone(), number, children: AtomicU32::new(0) }
    }

    fn child(&self) -> Worker {
        let child = self.children.fetch_add(1, Ordering::Relaxed) + 1;
        Worker::new(&self.board, self.number * 10 + child)
    }

    async fn all(&self, ops: &[Op]) {
        for (left, op) in (1..=ops.len()).rev().zip(ops) {
            // What the task has seen is in the world: nothing else of it counts.
            self.board.stands_at(&(self.number, left, self.children.load(Ordering::Relaxed)));
            self.one(op).await;
        }
    }

    /// What the task saw is kept in the world, so that two ends differ wherever it matters.
    fn note(board: &mut Board, number: u32, saw: u8) {
        board.seen.entry(number).or_default().push(saw);
    }

    fn one<'a>(&'a self, op: &'a Op) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(self.do_one(op))
    }

    async fn do_one(&self, op: &Op) {
        let (board, me) = (&self.board, self.number);
        match op.clone() {
            Op::Read(at) => {
                let read = move |board: &mut Board| {
                    let saw = board.counters[at];
                    Worker::note(board, me, saw);
                    ((), Footprint::reads([at]).and_writes([seen_by(me)]))
                };
                board.step("read", read).await;
            }
            Op::Write(at) => {
                let write = move |board: &mut Board| {
                    let last = board.seen.get(&me).and_then(|seen| seen.last().copied()).unwrap_or(5);
                    board.counters[at] = last.wrapping_add(1);
                    ((), Footprint::writes([at]).and_reads([seen_by(me)]).and_reads(read_to_set(at)))
                };
                board.step("write", write).await;
            }
            Op::Add(at) => {
                let add = move |board: &mut Board| {
                    board.counters[at] += 1;
                    ((), Footprint::writes([at]))
                };
                board.step("add", add).await;
            }
            Op::Await(at, least) => {
                let when = When::new([at], move |board: &Board| board.counters[at] >= least);
                board.step_when("await", when, move |_| ((), Footprint::nothing())).await;
            }
            Op::Take(at) => {
                let when = When::new([at], move |board: &Board| board.counters[at] > 0);
                let take = move |board: &mut Board| {
                    board.counters[at] -= 1;
                    Worker::note(board, me, board.counters[at]);
                    ((), Footprint::writes([at, seen_by(me)]).and_reads(read_to_set(at)))
                };
                board.step_when("take", when, take).await;
            }
            Op::Touch(at, then) => {
                let touched = board.touch(at, |board| {
                    board.counters[at] += 1;
                    board.counters[at]
                });
                self.if_odd(touched - 1, &then).await;
            }
            Op::Keep(at, to) => self.keep(at, to).await,
            Op::Ask(at, then) => {
                let saw =
                    board.step("ask", move |board: &mut Board| (board.counters[at], Footprint::reads([at])));
                self.if_odd(saw.await, &then).await;
            }
            Op::Either(one, other) => {
                select(self.one(&one), self.one(&other)).await;
            }
            Op::Spawn(node, ops) => {
                let child = self.child();
                board.spawn(node.to_string(), "child", async move { child.all(&ops).await });
            }
            Op::Request(node, ops) => {
                self.ask(node, self.child(), ops).await;
            }
            Op::Again(node, ops) => self.again(node, &ops).await,
            Op::Both(node, one, other) => self.both(node, one, other).await,
            Op::Order(node, at, then) => self.order(node, at, *then).await,
            Op::Crash(node) => board.crash("crash", vec![node.to_string()], Board::crash).await,
            Op::Restart(node, at) => self.restart(node, at).await,
            Op::Fault(at, op) => self.unless_it_goes_wrong(at, &op).await,
        }
    }

    async fn restart(&self, node: u32, at: usize) {
        let when = When::new([at], move |board: &Board| board.counters[at] > 0);
        self.board.restart("restart", when, vec![node.to_string()], Board::crash).await;
    }

    async fn keep(&self, at: usize, to: usize) {
        let saw = self.board.touch(at, |board| board.counters[at]);
        self.board.step("later", |_| ((), Footprint::nothing())).await;
        let keep = move |board: &mut Board| {
            board.counters[to] = saw;
            ((), Footprint::writes([to]).and_reads(read_to_set(to)))
        };
        self.board.step("keep", keep).await;
    }

    /// Starts a task and waits for its end.
    fn ask(&self, node: u32, child: Worker, ops: Vec<Op>) -> impl Future<Output = Option<()>> + Send {
        let name = format!("asked {}", child.number);
        self.board.request(node.to_string(), name, async move { child.all(&ops).await })
    }

    /// Whoever asks anew stands where it stood, and so does the one that it asks.
    async fn again(&self, node: u32, ops: &[Op]) {
        let (board, number) = (&self.board, self.child().number);
        loop {
            let ends = self.ask(node, Worker::new(board, number), ops.to_vec());
            board.stands_at(&(self.number, number, "again"));
            if let Either::Right(_) = select(pin!(self.goes_wrong(IMPATIENT)), pin!(ends)).await {
                return;
            }
        }
    }

    async fn both(&self, node: u32, one: Vec<Op>, other: Vec<Op>) {
        let (board, me) = (&self.board, self.number);
        let (one, other) = (self.ask(node, self.child(), one), self.ask(node, self.child(), other));
        // How far it is with its own operations follows from how many children it has.
        board.waits_at(&(me, self.children.load(Ordering::Relaxed), "both"));
        board.step("meanwhile", |_| ((), Footprint::nothing())).await;
        join(one, other).await;
    }

    async fn order(&self, node: u32, at: usize, then: Op) {
        let child = self.child();
        let about = child.number;
        let order = move |board: &mut Board| (board.counters[at], Footprint::reads([at]));
        // What it does at last depends on what stood there when the order was given.
        let task = move |saw| async move {
            child.one(&Op::Add(at)).await;
            child.if_odd(saw, &then).await;
        };
        let (when, on) = (When::new([], |_: &Board| true), (node.to_string(), "ordered".to_owned()));
        self.board.order(("order", about), when, on, order, task).await;
    }

    async fn if_odd(&self, saw: u8, then: &Op) {
        if saw % 2 == 1 {
            self.one(then).await;
        }
    }

    /// Something that goes wrong once.
    fn goes_wrong(&self, wrongs: u32) -> impl Future<Output = ()> + Send {
        let once = When::new([seen_by(wrongs)], move |board: &Board| !board.seen.contains_key(&wrongs));
        let goes_wrong = move |board: &mut Board| {
            Worker::note(board, wrongs, 1);
            ((), Footprint::writes([seen_by(wrongs)]))
        };
        self.board.fault("fault", once, goes_wrong)
    }

    /// Does one thing, and one more if something went wrong meanwhile.
    async fn unless_it_goes_wrong(&self, at: usize, op: &Op) {
        let fault = pin!(self.goes_wrong(900 + number(at)));
        if let Either::Left(((), rest)) = select(fault, self.one(op)).await {
            rest.await;
            self.one(&Op::Add(at)).await;
        }
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("few")
}

impl Scenario for Program {
    type World = Board;

    fn world(&self) -> Board {
        Board::default()
    }

    fn start(&self, board: &Handle<Board>) {
        for (number, (node, ops)) in (1..).zip(self.0.clone()) {
            let worker = Worker::new(board, number);
            board.spawn(node.to_string(), format!("task {number}"), async move { worker.all(&ops).await });
        }
    }
}
