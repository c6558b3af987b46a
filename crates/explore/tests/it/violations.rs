//! What is made of a violation: small, named by a token that replays exactly, told to a person, and mended.

use std::collections::BTreeSet;

use steadfast_explore::{
    Content, Footprint, Handle, Limits, Options, Reduction, Scenario, Token, TokenError, Verdict, World,
    minimise, repairs, retrace, search, timeline, trace,
};

use crate::program::{Board, Draws, Program};

/// A program with one of its ends said to be wrong.
pub struct Unwanted {
    program: Program,
    end: u64,
}

impl Scenario for Unwanted {
    type World = Board;

    fn world(&self) -> Board {
        self.program.world()
    }

    fn start(&self, board: &Handle<Board>) {
        self.program.start(board);
    }

    fn at_rest(&self, board: &Board) -> Result<(), String> {
        if board.digest() == self.end { Err("Unwanted: this end".to_owned()) } else { Ok(()) }
    }
}

/// A book that a careful clerk and a careless one bring to the same total.
struct Clerks;

#[derive(Debug, Clone)]
struct Book {
    total: u8,
    /// How it was written, which nobody reads.
    blotted: bool,
}

impl World for Book {
    type Object = &'static str;

    fn digest(&self) -> u64 {
        self.total.into()
    }

    fn content(&self, _: &&'static str) -> Content {
        Content::Whole(self.total.into())
    }
}

impl Scenario for Clerks {
    type World = Book;

    fn world(&self) -> Book {
        Book { total: 0, blotted: false }
    }

    fn start(&self, book: &Handle<Book>) {
        for (clerk, blots) in [("careful", false), ("careless", true)] {
            let write = book.step("write", move |book: &mut Book| {
                *book = Book { total: 1, blotted: blots };
                ((), Footprint::writes(["book"]))
            });
            book.spawn("office", clerk, write);
        }
    }

    fn always(&self, book: &Book) -> Result<(), String> {
        if book.blotted { Err("Blots: the book is blotted".to_owned()) } else { Ok(()) }
    }
}

/// What others came to as well is judged by what a step left itself.
#[test]
fn how_a_step_leaves_a_world_is_judged() {
    for reduction in [Reduction::SourceDpor, Reduction::States] {
        let found = search(&Clerks, &Options { reduction, ..Options::default() }).expect("it ends");
        let path = found.violation.unwrap_or_else(|| panic!("{reduction:?} finds it")).path;
        let steps = trace(&Clerks, &path);
        assert!(steps.iter().any(|step| step.task == "careless"), "{reduction:?}");
    }
}

/// Programs of several ends, with the last of them unwanted.
pub fn unwanted() -> impl Iterator<Item = Unwanted> {
    (0..400).filter_map(|seed| {
        let program = Draws(seed).program();
        let mut ends = BTreeSet::new();
        let options = Options { schedules_max: 500, ..Options::default() };
        steadfast_explore::search_and_tell(&program, &options, &mut |world, _| {
            ends.insert(world.digest());
        })
        .expect("programs end");
        (ends.len() > 3).then(|| Unwanted { program, end: *ends.last().expect("there are some") })
    })
}

/// How many runs a violation may take to be made small.
const RUNS_MAX: u64 = 20_000;

#[test]
fn a_violation_is_made_small_and_its_token_replays_exactly() {
    let (mut tried, mut proved, mut longest) = (0, 0, 0);
    let mut tokens: Vec<Token> = Vec::new();
    for scenario in unwanted() {
        let limits = Limits::default();
        let options = Options { stop_at_violation: true, ..Options::default() };
        let found = search(&scenario, &options).expect("programs end");
        let path = found.violation.expect("the end is reached").path;
        let first = retrace(&scenario, &limits, &path).expect("programs end");
        let small = minimise(&scenario, &limits, &path, RUNS_MAX).expect("programs end");
        assert!(small.run.wrong.is_some() && small.run.switches.len() <= first.switches.len());
        let token = Token::of(&small.run);
        let read: Token = token.to_string().parse().expect("a token is read as it was printed");
        assert_eq!(read.replay(&scenario, &limits).as_ref(), Ok(&small.run), "{:?}", scenario.program);
        assert!(token.to_string().len() <= 16, "{token}");
        // One run has one token: nothing is put in or behind it.
        let text = token.to_string();
        let (run, check) = text.split_at(text.len() - 3);
        for more in ["0", "x", "00"] {
            let longer: Token = format!("{run}{more}{check}").parse().expect("it looks like one");
            let refused = longer.replay(&scenario, &limits);
            assert!(matches!(refused, Err(TokenError::OtherCode(_))), "{longer} is not {token}");
        }
        longest = longest.max(token.to_string().len());
        tried += 1;
        proved += u32::from(small.proved);
        // Tokens of other programs show nothing here, rather than something else.
        for other in &tokens {
            match other.replay(&scenario, &limits) {
                Err(TokenError::OtherCode(_)) => {}
                Err(why) => panic!("{why}"),
                Ok(run) => assert_eq!(Token::of(&run), *other, "it names the very same steps"),
            }
        }
        tokens.push(token);
    }
    println!("{tried} violations, {proved} proved minimal, the longest token has {longest} characters");
    assert!(tried > 100 && proved > tried / 2);
}

#[test]
fn what_is_no_token_is_said_to_be_none() {
    for text in ["", "abc", "with space", "ünd", &"a".repeat(2_000)] {
        assert_eq!(text.parse::<Token>(), Err(TokenError::Malformed), "{text}");
    }
}

/// Two clerks who each read a counter and write it back, one higher.
struct TwoClerks;

#[derive(Debug, Clone, Default)]
struct Counter(u64);

impl World for Counter {
    type Object = &'static str;

    fn digest(&self) -> u64 {
        self.0
    }
}

impl Scenario for TwoClerks {
    type World = Counter;

    fn world(&self) -> Counter {
        Counter::default()
    }

    fn start(&self, world: &Handle<Counter>) {
        for name in ["first", "second"] {
            let counter = world.clone();
            world.spawn("office", name, async move {
                let seen = counter.step("read", |counter| (counter.0, Footprint::reads(["counter"]))).await;
                let write =
                    move |counter: &mut Counter| (counter.0 = seen + 1, Footprint::writes(["counter"]));
                counter.step("write", write).await;
            });
        }
    }

    fn at_rest(&self, counter: &Counter) -> Result<(), String> {
        if counter.0 == 2 { Ok(()) } else { Err(format!("Lost: counted {}", counter.0)) }
    }
}

#[test]
fn a_lost_count_is_told_and_mended() {
    let limits = Limits::default();
    let found = search(&TwoClerks, &Options::default()).expect("it ends");
    let path = found.violation.expect("a count is lost").path;
    let small = minimise(&TwoClerks, &limits, &path, RUNS_MAX).expect("it ends");
    assert!(small.proved);
    let told = timeline::timeline(&TwoClerks, &limits, &small.run.path).expect("it ends");
    let text = timeline::text(&told);
    let expected = "  1  [first, office]   read
  2  [second, office]  read
  3  [second, office]  write  → counter
  4  [first, office]   write  → counter
stale: step 1 read counter; step 3 wrote it; step 4 acted on what step 1 saw
wrong at rest: Lost: counted 1
";
    assert_eq!(text, expected, "\n{text}");
    let picture = timeline::svg(&told, "A lost count");
    for words in
        ["saw counter, before step 3", "writes counter", "acts on step 1, writes counter", "Lost: counted 1"]
    {
        assert!(picture.contains(words), "{words}: {picture}");
    }
    let hints = repairs(&TwoClerks, &limits, &small.run.path, RUNS_MAX).expect("it ends");
    let hint = hints.first().expect("a task does two steps");
    assert_eq!((hint.first.as_str(), hint.second.as_str(), hint.verdict), ("read", "write", Verdict::Ends));
}

/// What must be true once nothing is left to happen cannot be asked of a run that was cut.
#[test]
fn only_a_run_that_came_to_rest_is_judged_at_rest() {
    let limits = Limits::default();
    let path =
        search(&TwoClerks, &Options::default()).expect("it ends").violation.expect("a count is lost").path;
    for steps in 0..=path.len() {
        let told = timeline::timeline(&TwoClerks, &limits, &path[..steps]).expect("it is short");
        assert_eq!(told.moments.len(), steps);
        assert_eq!(told.wrong.is_some(), steps == path.len(), "after {steps} of {} steps", path.len());
    }
}
