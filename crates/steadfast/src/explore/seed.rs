//! The answer to the seed: the race as it was, what each proposed repair survives, and the shipped protocol.

use serde_json::{Value, json};
use steadfast_explore::timeline::escaped;
use steadfast_explore::{Options, Token, search};
use steadfast_races::campaign::Campaign;
use steadfast_races::catalogue::{self, Engine, Repaired, Subject};
use steadfast_races::legacy::nova::Invariant;
use steadfast_races::legacy::seed::{Circumstance, Repair, arranged};

use super::named::named;
use super::page::page;
use super::report::Report;
use super::run::run;
use super::violation::MINIMISE_RUNS_MAX;
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
    /// The invariants that some order breaks.
    pub broken: Vec<&'static str>,
    /// A minimal order that breaks one of them.
    pub token: Option<Token>,
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
    /// Explores all of it.
    ///
    /// # Errors
    /// When somebody removed the scenarios from the catalogue, or one does not end.
    pub fn find(campaign: Campaign) -> Result<Answer, Failure> {
        let subjects = [named(HISTORIC)?, named(SHIPPED)?];
        let reports = run(&subjects, campaign, &mut |_| Ok(()))?;
        let [historic, shipped] = <[Report; 2]>::try_from(reports).expect("one for each");
        let cells = catalogue::repaired().map(cell).collect::<Result<_, _>>()?;
        Ok(Answer { historic, shipped, cells })
    }

    /// Whether the shipped protocol holds in every order.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.shipped.violation.is_none() && self.shipped.outcome.exhausted
    }

    fn shipped_sentence(&self) -> String {
        let runs = self.shipped.outcome.schedules;
        if self.holds() {
            format!(
                "The shipped protocol at the same moment: {runs} orders that can differ, and it holds in all of them."
            )
        } else {
            format!("The shipped protocol at the same moment DOES NOT hold, or has more than {runs} orders.")
        }
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
        let broken = self.cells.iter().filter_map(|cell| {
            let token = cell.token.as_ref()?;
            Some(format!("  steadfast explore replay {} {token}\n", cell.subject.name()))
        });
        format!(
            "{}\n\nWhat each proposed repair survives; a cell names what some order breaks:\n\n{}\n\nThe orders that \
             break them:\n{}\n{}",
            self.historic.text(),
            render(heading, &rows),
            broken.collect::<String>(),
            self.shipped_sentence(),
        )
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let cell = |cell: &Cell| {
            json!({
                "name": cell.subject.name(), "repair": cell.subject.repair.name(),
                "circumstance": cell.subject.circumstance.name(), "broken": cell.broken,
                "token": cell.token.as_ref().map(ToString::to_string), "schedules": cell.schedules,
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
                let again = cell.token.as_ref().map_or_else(String::new, |token| {
                    format!("<br><code>{} {token}</code>", escaped(&cell.subject.name()))
                });
                format!("<td>{}{again}</td>", cell.verdict())
            };
            format!("<tr><td>{}</td>{}</tr>", escaped(repair.about()), cells.map(cell).concat())
        };
        let heads =
            Circumstance::ALL.map(|circumstance| format!("<th>{}</th>", circumstance.about())).concat();
        let above = format!(
            "<p>{}</p><h2>What each proposed repair survives</h2><table><tr><th>repair</th>{heads}</tr>{}</table>\
             <p>A cell names what some order breaks, and an order that breaks it: \
             <code>steadfast explore replay NAME TOKEN</code>.</p>",
            escaped(&self.shipped_sentence()),
            self.rows().map(row).collect::<String>(),
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

impl Cell {
    fn verdict(&self) -> String {
        if self.broken.is_empty() { "holds".to_owned() } else { self.broken.join(", ") }
    }
}

/// Explores one repair in one circumstance, by each invariant: an order that breaks two is told of for one.
fn cell(subject: Repaired) -> Result<Cell, Failure> {
    let circles = |_| Failure::because(format_args!("{} goes round in circles", subject.name()));
    let options = Options { stop_at_violation: true, ..Options::default() };
    let (mut broken, mut schedules) = (Vec::new(), 0);
    for invariant in Invariant::ALL {
        let judged = arranged(subject.repair, subject.circumstance, &[invariant]);
        let found = search(&judged, &options).map_err(circles)?;
        schedules += found.schedules;
        if found.violation.is_some() {
            broken.push(invariant.name());
        }
    }
    let staged = subject.staged(Engine::Memory);
    let violation = staged.search(&options).map_err(circles)?.violation;
    let small = match violation {
        Some(violation) => {
            Some(staged.minimise(&options.limits, &violation.path, MINIMISE_RUNS_MAX).map_err(circles)?)
        }
        None => None,
    };
    Ok(Cell { subject, broken, token: small.map(|small| Token::of(&small.run)), schedules })
}
