//! The figures and what they are held against, for people and for programs.

use serde_json::{Value, json};

use crate::bench::{Machine, median};
use crate::demo::table::render;

/// What a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// The median is at least so much.
    AtLeast(f64),
    /// The worst is at most so much.
    AtMost(f64),
}

/// What bounds the rates, for whoever wonders.
const BOUNDS: &str = "\
Steps are all that a search goes through, also those that are looked up, recalled, or left out because nobody who is
still there had to do with them. By states they are bounded by how many different things an agent can know when it looks
at its machine: each takes a run to learn from. By orders they are bounded by the polling of tasks: those that are
needed go on from each step of a run, but the code does it only once in one world, and one time in 64 to see that it
does the same. On SQLite every step is done, on both engines.";

/// One figure, as often as it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub runs: Vec<f64>,
    pub bar: Option<Bar>,
}

/// All figures, with the machine that they were measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub machine: Machine,
    pub figures: Vec<Figure>,
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &'static str, runs: Vec<f64>) -> Figure {
        Figure { name: name.into(), unit, runs, bar: None }
    }

    pub fn bar(mut self, bar: Bar) -> Figure {
        self.bar = Some(bar);
        self
    }

    fn worst(&self) -> f64 {
        self.runs.iter().copied().fold(0.0, f64::max)
    }

    /// Whether the bar is cleared; none if there is no bar.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.bar.map(|bar| match bar {
            Bar::AtLeast(least) => median(&self.runs) >= least,
            Bar::AtMost(most) => self.worst() <= most,
        })
    }

    fn json(&self) -> Value {
        let (least, most) = match self.bar {
            Some(Bar::AtLeast(least)) => (Some(least), None),
            Some(Bar::AtMost(most)) => (None, Some(most)),
            None => (None, None),
        };
        json!({
            "name": self.name, "unit": self.unit, "median": median(&self.runs), "worst": self.worst(),
            "runs": self.runs, "at_least": least, "at_most": most, "holds": self.holds(),
        })
    }

    fn row(&self) -> [String; 5] {
        let number = |value: f64| {
            let digits = if value < 100.0 && value.fract() != 0.0 { 2 } else { 0 };
            format!("{value:.digits$} {}", self.unit).trim_end().to_owned()
        };
        // One value is no worst of several, and the highest rate is not the worst one.
        let several = self.runs.len() > 1 && !matches!(self.bar, Some(Bar::AtLeast(_)));
        let bar = match self.bar {
            Some(Bar::AtLeast(least)) => format!("at least {}", number(least)),
            Some(Bar::AtMost(most)) => format!("at most {}", number(most)),
            None => String::new(),
        };
        let verdict = match self.holds() {
            Some(true) => ": holds",
            Some(false) => ": MISSED",
            None => "",
        };
        [
            self.name.clone(),
            number(median(&self.runs)),
            if several { number(self.worst()) } else { String::new() },
            self.runs.len().to_string(),
            format!("{bar}{verdict}"),
        ]
    }
}

impl Figures {
    /// The figures whose bar is missed, by name.
    #[must_use]
    pub fn missed(&self) -> Vec<&str> {
        let missed = self.figures.iter().filter(|figure| figure.holds() == Some(false));
        missed.map(|figure| figure.name.trim_start()).collect()
    }

    /// One object for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"machine": self.machine, "results": self.figures.iter().map(Figure::json).collect::<Vec<_>>()})
    }

    /// A table for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Machine { cpus, cpu_model, memory_mb, kernel, version } = &self.machine;
        let rows: Vec<[String; 5]> = self.figures.iter().map(Figure::row).collect();
        format!(
            "steadfast {version} on {cpus} CPUs ({cpu_model}), {memory_mb} MB, Linux {kernel}\n\n{}\n\n{BOUNDS}",
            render(["figure", "median", "worst", "measured", "bar"], &rows)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_cleared_or_missed() {
        let figure = |name: &str, runs: &[f64]| Figure::new(name, "s", runs.to_vec());
        let cases = [
            (figure("no bar", &[1.0]), None, ""),
            (
                figure("fast on most runs", &[5.0, 1.0, 6.0]).bar(Bar::AtLeast(5.0)),
                Some(true),
                "at least 5 s: holds",
            ),
            (
                figure("slow on most runs", &[5.0, 1.0, 4.0]).bar(Bar::AtLeast(5.0)),
                Some(false),
                "at least 5 s: MISSED",
            ),
            (
                figure("short on each run", &[1.0, 2.0]).bar(Bar::AtMost(2.0)),
                Some(true),
                "at most 2 s: holds",
            ),
            (
                figure("long on one run", &[1.0, 1.0, 2.1]).bar(Bar::AtMost(2.0)),
                Some(false),
                "at most 2 s: MISSED",
            ),
            (Figure::new("none", "", vec![0.0]).bar(Bar::AtMost(0.0)), Some(true), "at most 0: holds"),
            (Figure::new("  some", "", vec![1.0]).bar(Bar::AtMost(0.0)), Some(false), "at most 0: MISSED"),
        ];
        for (figure, holds, bar) in &cases {
            assert_eq!((figure.holds(), figure.row()[4].as_str()), (*holds, *bar), "{}", figure.name);
        }
        let figures = cases.map(|(figure, ..)| figure).to_vec();
        let missed = Figures { machine: Machine::this(), figures };
        assert_eq!(missed.missed(), ["slow on most runs", "long on one run", "some"]);
    }
}
