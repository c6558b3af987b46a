//! The figures, for people and for programs.

use serde_json::{Value, json};

use super::Machine;
use crate::demo::table::render;

/// One figure, as often as it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// `sqlite/boots_per_s`.
    pub name: String,
    pub runs: Vec<f64>,
    /// What a boot costs the store; none beside other figures.
    pub per_boot: Option<PerBoot>,
}

/// What one boot costs the store, on average over all runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerBoot {
    pub transactions: f64,
    pub round_trips: f64,
    pub fsyncs: f64,
}

/// The middle of the runs, or the mean of the two in the middle.
#[must_use]
pub fn median(runs: &[f64]) -> f64 {
    let mut runs = runs.to_vec();
    runs.sort_by(f64::total_cmp);
    match (runs.len() / 2, runs.len() % 2) {
        (0, 0) => 0.0,
        (middle, 0) => f64::midpoint(runs[middle - 1], runs[middle]),
        (middle, _) => runs[middle],
    }
}

impl Series {
    /// The figure itself.
    #[must_use]
    pub fn median(&self) -> f64 {
        median(&self.runs)
    }

    fn json(&self) -> Value {
        let mut value = json!({"name": self.name, "median": self.median(), "runs": self.runs});
        if let Some(PerBoot { transactions, round_trips, fsyncs }) = self.per_boot {
            value["per_boot"] =
                json!({"transactions": transactions, "round_trips": round_trips, "fsyncs": fsyncs});
        }
        value
    }
}

/// Everything that was measured, and what was not, with the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    pub machine: Machine,
    pub series: Vec<Series>,
    pub left_out: Vec<String>,
}

impl Results {
    /// One object for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let results: Vec<Value> = self.series.iter().map(Series::json).collect();
        json!({"machine": self.machine, "results": results, "left_out": self.left_out})
    }

    /// A table for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Machine { cpus, cpu_model, memory_mb, kernel, version } = &self.machine;
        let rows: Vec<[String; 6]> = self.series.iter().map(row).collect();
        let heading = ["figure", "median", "runs", "transactions", "round trips", "fsyncs"];
        let mut text = format!(
            "steadfast {version} on {cpus} CPUs ({cpu_model}), {memory_mb} MB, Linux {kernel}\n\n{}",
            render(heading, &rows)
        );
        for reason in &self.left_out {
            text.push_str(&format!("\nleft out: {reason}"));
        }
        text
    }
}

fn row(series: &Series) -> [String; 6] {
    let runs: Vec<String> = series.runs.iter().map(|run| format!("{run:.0}")).collect();
    let cost =
        |of: fn(PerBoot) -> f64| series.per_boot.map_or_else(String::new, |it| format!("{:.2}", of(it)));
    [
        series.name.clone(),
        format!("{:.0}", series.median()),
        runs.join(" "),
        cost(|it| it.transactions),
        cost(|it| it.round_trips),
        cost(|it| it.fsyncs),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        for (runs, expected) in [(&[][..], 0.0), (&[5.0], 5.0), (&[9.0, 1.0], 5.0), (&[9.0, 1.0, 2.0], 2.0)] {
            assert!((median(runs) - expected).abs() < f64::EPSILON, "{runs:?}");
        }
    }
}
