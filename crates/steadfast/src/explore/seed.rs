//! The answer to the seed: the race as it was, what each proposed repair survives, and the shipped protocol.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use steadfast_explore::timeline::escaped;
use steadfast_explore::{Explorable, Limits, Token};
use steadfast_races::campaign::{Campaign, Explored, campaign};
use steadfast_races::catalogue::{self, Engine, Kind, Repaired, Subject};
use steadfast_races::legacy::nova::Invariant;
use steadfast_races::legacy::seed::{Circumstance, Repair, arranged};

use super::count::counted;
use super::named::named;
use super::page::page;
use super::progress::Progress;
use super::report::Report;
use super::violation::{MINIMISE_RUNS_MAX, tell};
use crate::demo::table::render;
use crate::exit::Failure;

const CIRCUMSTANCES: usize = Circumstance::ALL.len();

/// The race as it was.
const HISTORIC: &str = "evacuation_ends_while_audit_runs";

/// The same moment of the shipped protocol.
const SHIPPED: &str = "evacuate_while_reporting";

/// What becomes of one repair in one circumstance.
#[derive(Debug, Clone)]
pub struct Cell {
    pub subject: Repaired,
    /// The invariants that some order breaks, each with a minimal order that does.
    pub broken: Vec<(Invariant, Token)>,
    /// Whether each of the others holds in every order.
    pub settled: bool,
    pub schedules: u64,
}

/// The whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub historic: Report,
    pub shipped: Report,
    pub cells: Vec<Cell>,
}

impl Answer {
    /// The shipped scenario of the same moment.
    pub const SHIPPED: &str = SHIPPED;

    /// Explores all of it.
    ///
    /// # Errors
    /// When somebody removed the scenarios from the catalogue, or one does not end.
    pub fn find(wanted: Campaign) -> Result<Answer, Failure> {
        let mut subjects = vec![named(HISTORIC)?, named(SHIPPED)?];
        let repaired: Vec<Repaired> = catalogue::repaired().collect();
        for subject in &repaired {
            let judged = Invariant::ALL.map(|judge| Judged { subject: *subject, judge });
            subjects.extend(judged.into_iter().map(|judged| Box::new(judged) as Box<dyn Subject>));
        }
        let mut progress = Progress::begin(subjects.len(), wanted.budget);
        let explored = campaign(&subjects, wanted, &mut progress).expect("it is looked at to the end");
        progress.clear();
        let report = |place: usize| {
            let (subject, explored): (&dyn Subject, &Explored) = (subjects[place].as_ref(), &explored[place]);
            let found = explored.violation.as_ref();
            let told = found.map(|found| tell(subject, wanted.store, found, explored.unfinished));
            Report::new(subject, explored.clone(), told)
        };
        let cells = repaired.into_iter().zip(explored[2..].chunks(Invariant::ALL.len()));
        let cells = cells.map(|(subject, explored)| cell(subject, explored)).collect::<Result<_, _>>()?;
        Ok(Answer { historic: report(0), shipped: report(1), cells })
    }

    /// Whether the race was found, or anything else.
    #[must_use]
    pub fn found(&self) -> bool {
        let reports = [&self.historic, &self.shipped];
        reports.iter().any(|report| report.violation.is_some())
            || self.cells.iter().any(|cell| !cell.broken.is_empty())
    }

    fn shipped_sentence(&self) -> String {
        let Explored { schedules, covered, sampled, exhausted, .. } = self.shipped.outcome;
        match (&self.shipped.violation, exhausted) {
            (Some(_), _) => format!(
                "The shipped protocol at the same moment DOES NOT hold: `steadfast explore {SHIPPED}` tells what goes \
                 wrong."
            ),
            (None, true) => format!(
                "The shipped protocol at the same moment: {} that can differ, and it holds in all of them.",
                counted(schedules, "order")
            ),
            (None, false) => format!(
                "The shipped protocol at the same moment: nothing was found in {}, and there are more: --budget \
                 allows them.",
                counted(schedules + covered + sampled, "run")
            ),
        }
    }

    fn historic_text(&self) -> String {
        let told = self.historic.text();
        if self.historic.violation.is_some() {
            return told;
        }
        format!("{told}\nThe race was not found: --budget allows more runs, --strategy and --seed others.\n")
    }

    #[must_use]
    pub fn text(&self) -> String {
        let mut heading = ["repair"; CIRCUMSTANCES + 1];
        heading[1..].copy_from_slice(&Circumstance::ALL.map(Circumstance::name));
        let row = |(repair, cells): (Repair, [&Cell; CIRCUMSTANCES])| {
            let mut row = [const { String::new() }; CIRCUMSTANCES + 1];
            repair.about().clone_into(&mut row[0]);
            row[1..].clone_from_slice(&cells.map(Cell::verdict));
            row
        };
        let rows: Vec<_> = self.rows().map(row).collect();
        let broken = self.cells.iter().flat_map(|cell| {
            let again = |(invariant, token): &(Invariant, Token)| {
                let name = invariant.name();
                format!("  {name:5} steadfast explore replay {} {token}\n", cell.subject.name())
            };
            cell.broken.iter().map(again)
        });
        let broken: String = broken.collect();
        let broken =
            if broken.is_empty() { broken } else { format!("The orders that break them:\n{broken}\n") };
        format!(
            "{}\nWhat each proposed repair survives; a cell names what some order breaks:\n\n{}\n\n{}\n\n{}{}",
            self.historic_text(),
            render(heading, &rows),
            self.legend(),
            broken,
            self.shipped_sentence(),
        )
    }

    /// What the words of the table mean, as far as they stand in it.
    fn legend(&self) -> String {
        let columns = Circumstance::ALL.map(|circumstance| (circumstance.name(), circumstance.about()));
        let broken = self.cells.iter().flat_map(|cell| &cell.broken).map(|(judge, _)| *judge);
        let broken: BTreeSet<Invariant> = broken.collect();
        let open = self.cells.iter().any(|cell| !cell.settled);
        let verdicts = [
            ("holds", "no order breaks anything"),
            (OPEN, "nothing else was found, and not every order was tried"),
        ];
        let verdicts = verdicts.into_iter().filter(|(word, _)| open || *word != OPEN);
        let words = columns
            .into_iter()
            .chain(broken.into_iter().map(|judge| (judge.name(), said(judge))))
            .chain(verdicts);
        words.map(|(word, means)| format!("  {word:15} {means}")).collect::<Vec<_>>().join("\n")
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let cell = |cell: &Cell| {
            let names: Vec<&str> = cell.broken.iter().map(|(invariant, _)| invariant.name()).collect();
            let tokens: Vec<String> = cell.broken.iter().map(|(_, token)| token.to_string()).collect();
            json!({
                "name": cell.subject.name(), "repair": cell.subject.repair.name(),
                "circumstance": cell.subject.circumstance.name(), "broken": names, "tokens": tokens,
                "token": tokens.first(), "exhausted": cell.settled, "schedules": cell.schedules,
            })
        };
        json!({
            "scenarios": [self.historic.json(), self.shipped.json()],
            "repairs": self.cells.iter().map(cell).collect::<Vec<_>>(),
        })
    }

    /// One page: the picture, the verdict on each repair, the shipped protocol.
    #[must_use]
    pub fn page(&self) -> String {
        let row = |(repair, cells): (Repair, [&Cell; CIRCUMSTANCES])| {
            let cell = |cell: &Cell| {
                let again = |(invariant, token): &(Invariant, Token)| {
                    format!("{invariant}<br><code>{} {token}</code>", escaped(&cell.subject.name()))
                };
                let open = (!cell.settled).then(|| OPEN.to_owned());
                let broken: Vec<String> = cell.broken.iter().map(again).chain(open).collect();
                let verdict = if broken.is_empty() { cell.verdict() } else { broken.join("<br>") };
                format!("<td>{verdict}</td>")
            };
            format!("<tr><td>{}</td>{}</tr>", escaped(repair.about()), cells.map(cell).concat())
        };
        let heads =
            Circumstance::ALL.map(|circumstance| format!("<th>{}</th>", circumstance.about())).concat();
        let above = format!(
            "<p>{}</p><h2>What each proposed repair survives</h2><table><tr><th>repair</th>{heads}</tr>{}</table>\
             <p>A cell names what some order breaks, each with an order that breaks it: \
             <code>steadfast explore replay NAME TOKEN</code>.</p><pre>{}</pre>",
            escaped(&self.shipped_sentence()),
            self.rows().map(row).collect::<String>(),
            escaped(&self.legend()),
        );
        page("The race that Steadfast began with", &above, std::slice::from_ref(&self.historic))
    }

    fn rows(&self) -> impl Iterator<Item = (Repair, [&Cell; CIRCUMSTANCES])> {
        Repair::ALL.into_iter().map(|repair| {
            let cells = Circumstance::ALL.map(|circumstance| {
                let subject = Repaired { repair, circumstance };
                self.cells.iter().find(|cell| cell.subject == subject).expect("every pair was explored")
            });
            (repair, cells)
        })
    }
}

/// What a cell says where more could be found.
const OPEN: &str = "open";

/// What is broken, in a sentence.
fn said(broken: Invariant) -> &'static str {
    match broken {
        Invariant::Dev1 => "a device is used by two",
        Invariant::Dev2 => "a guest runs with a device that is not its own, or without one that it asked for",
        Invariant::Dev3 => "something is kept for what is not there",
        Invariant::Host => "a guest runs where the table does not say so",
        Invariant::Use => "what is counted is not what is used",
        Invariant::Alloc => "Placement holds something else than the instances have",
        Invariant::One => "one instance runs twice",
        Invariant::Data => "the last copy of an instance is destroyed",
        Invariant::Live => "something does not end, or ends badly although it could have ended well",
    }
}

impl Cell {
    fn verdict(&self) -> String {
        let open = (!self.settled).then_some(OPEN);
        let words: Vec<&str> = self.broken.iter().map(|(judge, _)| judge.name()).chain(open).collect();
        if words.is_empty() { "holds".to_owned() } else { words.join(", ") }
    }
}

/// One repair in one circumstance, judged by one invariant: an order that breaks two is told of for each.
struct Judged {
    subject: Repaired,
    judge: Invariant,
}

impl Subject for Judged {
    fn name(&self) -> String {
        self.subject.name()
    }

    fn kind(&self) -> Kind {
        self.subject.kind()
    }

    fn about(&self) -> String {
        self.subject.about()
    }

    fn operations(&self) -> Vec<String> {
        self.subject.operations()
    }

    fn faults(&self) -> Vec<String> {
        self.subject.faults()
    }

    fn staged(&self, _: Engine) -> Box<dyn Explorable + '_> {
        Box::new(arranged(self.subject.repair, self.subject.circumstance, &[self.judge]))
    }
}

/// What exploring a repair came to, by each invariant.
fn cell(subject: Repaired, explored: &[Explored]) -> Result<Cell, Failure> {
    let given_up = |why: &str| Failure::because(format_args!("{}: {why}", subject.name()));
    let mut broken = Vec::new();
    for (judge, one) in Invariant::ALL.into_iter().zip(explored) {
        let Some(violation) = &one.violation else { continue };
        if one.unfinished {
            return Err(given_up(&violation.message));
        }
        let judged = arranged(subject.repair, subject.circumstance, &[judge]);
        let small = judged.minimise(&Limits::default(), &violation.path, MINIMISE_RUNS_MAX);
        broken.push((judge, Token::of(&small.map_err(|run| given_up(&run.to_string()))?.run)));
    }
    let settled = explored.iter().all(Explored::is_done);
    let schedules = explored.iter().map(|one| one.schedules).sum();
    Ok(Cell { subject, broken, settled, schedules })
}
