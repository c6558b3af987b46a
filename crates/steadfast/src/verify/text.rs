//! Findings, for people.

use std::fmt;

use super::Findings;
use super::findings::Counts;

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { hosts, devices, instances, claims, migrations, ledger_entries } = self.counts;
        writeln!(
            f,
            "version {}: {hosts} hosts, {devices} devices, {instances} instances, {claims} claims, {migrations} \
             migrations, {ledger_entries} ledger entries",
            self.version
        )?;
        for it in &self.in_flight {
            let age = age(self.age_ms(it.since));
            writeln!(f, "in flight: {}, for {age}; it waits for {}", it.what, it.waits_for)?;
        }
        for it in &self.discrepancies {
            let age = age(self.age_ms(it.since));
            writeln!(f, "discrepancy: {} on {}, for {age}\n  remedy: {}", it.subject, it.host, it.remedy)?;
        }
        for it in &self.violations {
            let (rows, remedy) = (it.rows.join(", "), &it.remedy);
            writeln!(f, "VIOLATION {:?}: {}\n  rows: {rows}\n  remedy: {remedy}", it.invariant, it.message)?;
        }
        f.write_str(&self.summary())
    }
}

impl Findings {
    /// The verdict in one sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        let verdict = match self.violations.len() {
            0 => "clean".to_owned(),
            n => counted(n, "violation"),
        };
        let discrepancies = match self.discrepancies.len() {
            0 => "no discrepancy".to_owned(),
            n => counted_y(n),
        };
        let flight = match self.in_flight.len() {
            0 => "nothing in flight".to_owned(),
            n => format!("{n} in flight"),
        };
        format!("{verdict}; {discrepancies}, {flight}")
    }
}

fn counted(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

fn counted_y(n: usize) -> String {
    if n == 1 { "1 discrepancy".to_owned() } else { format!("{n} discrepancies") }
}

/// A time span in its largest unit that is not a fraction.
fn age(ms: i64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
