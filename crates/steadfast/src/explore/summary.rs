//! What exploring several scenarios came to.

use steadfast_races::campaign::Explored;

use super::count::{counted, rough};
use super::report::Report;

/// How many scenarios that were not exhausted are named at the end once more.
const NAMED_MAX: usize = 12;

/// How many there were, how many were exhausted, and which were not.
#[must_use]
pub fn summary(reports: &[Report]) -> String {
    let exhausted = reports.iter().filter(|report| report.outcome.exhausted && report.violation.is_none());
    let exhausted = exhausted.count();
    let found = reports.iter().filter(|report| report.violation.is_some()).count();
    let sum = |count: fn(&Explored) -> u64| reports.iter().map(|report| count(&report.outcome)).sum::<u64>();
    let (states, transitions) = (sum(|one| one.states), sum(|one| one.transitions));
    let (runs, sampled) = (sum(|one| one.schedules + one.covered), sum(|one| one.sampled));
    let mut tried = Vec::new();
    if states > 0 {
        let (states, steps) = (counted(states, "state"), counted(transitions, "step"));
        let orders = reports.iter().fold(0u128, |sum, report| sum.saturating_add(report.outcome.orders));
        let orders = if orders > 0 { format!(", in {}", rough(orders, "order")) } else { String::new() };
        tried.push(format!("{states} with {steps} between them{orders}"));
    }
    if runs > 0 {
        tried.push(format!("{} of the code", counted(runs, "run")));
    }
    if sampled > 0 {
        tried.push(counted(sampled, "random run"));
    }
    tried.push(format!("{} in all", counted(sum(|one| one.steps), "step")));
    let mut text = format!(
        "{}, {exhausted} exhausted, {found} with a violation\n{}",
        counted(reports.len() as u64, "scenario"),
        tried.join("; ")
    );
    let open = |report: &&Report| report.violation.is_none() && !report.outcome.exhausted;
    let left: Vec<&str> = reports.iter().filter(open).map(|report| report.name.as_str()).collect();
    if !left.is_empty() {
        let (named, more) = left.split_at(left.len().min(NAMED_MAX));
        text.push_str(&format!("\nnot exhausted: {}", named.join(", ")));
        if !more.is_empty() {
            text.push_str(&format!(", and {} more, which say so above", more.len()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use steadfast_races::catalogue;

    use super::*;

    #[test]
    fn nothing_is_said_of_what_was_not_tried() {
        let drawn = Explored { sampled: 2_000, steps: 9_000, ..Explored::default() };
        let searched = Explored {
            schedules: 3,
            states: 1,
            transitions: 2,
            orders: 2,
            steps: 1,
            exhausted: true,
            ..Explored::default()
        };
        let ordered = Explored { schedules: 1, steps: 7, exhausted: true, ..Explored::default() };
        let cases = [
            (
                vec![drawn.clone()],
                "not exhausted      2000 random runs",
                "1 scenario, 0 exhausted, 0 with a violation\n2000 random runs; 9000 steps in all\n\
                 not exhausted: no_room",
            ),
            (
                vec![ordered],
                "exhausted             1 run",
                "1 scenario, 1 exhausted, 0 with a violation\n1 run of the code; 7 steps in all",
            ),
            (
                vec![searched, drawn],
                "exhausted             1 state, 2 orders",
                "2 scenarios, 1 exhausted, 0 with a violation\n1 state with 2 steps between them, in 2 orders; \
                 3 runs of the code; 2000 random runs; 9001 steps in all\nnot exhausted: no_room",
            ),
        ];
        let subject = catalogue::find("no_room").expect("a scenario of this name");
        for (outcomes, line, text) in cases {
            let outcomes = outcomes.into_iter();
            let reports: Vec<Report> =
                outcomes.map(|outcome| Report::new(subject.as_ref(), outcome, None)).collect();
            assert_eq!(reports[0].text(), format!("{:44} {line}", "no_room"));
            assert_eq!(summary(&reports), text);
        }
    }
}
