//! The findings of one look.

use serde::Serialize;
use serde_json::{Value, json};
use steadfast_model::ids::{HostId, Moment, Version};
use steadfast_model::invariant::Violation;
use steadfast_store::Snapshot;

use super::in_flight::{InFlight, in_flight};

/// Everything there is to say of one version of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    pub version: Version,
    pub counts: Counts,
    pub violations: Vec<Violation>,
    pub discrepancies: Vec<Mismatch>,
    pub in_flight: Vec<InFlight>,
    /// When it was looked: ages count from here.
    pub now: Moment,
}

/// How many rows of a kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub hosts: usize,
    pub devices: usize,
    pub instances: usize,
    pub claims: usize,
    pub migrations: usize,
    pub ledger_entries: usize,
}

/// Something that a host's report showed and no claim explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    pub host: HostId,
    pub subject: String,
    pub since: Moment,
    pub remedy: &'static str,
}

impl Findings {
    /// Looks at a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot, now: Moment) -> Self {
        let rows = &snapshot.rows;
        let mismatches = snapshot.discrepancies.iter().map(|row| Mismatch {
            host: row.host.clone(),
            subject: row.subject.to_string(),
            since: row.since,
            remedy: row.subject.remedy(),
        });
        Findings {
            version: snapshot.version,
            counts: Counts {
                hosts: rows.hosts.len(),
                devices: rows.devices.len(),
                instances: rows.instances.len(),
                claims: rows.claims.len(),
                migrations: rows.migrations.len(),
                ledger_entries: snapshot.ledger.len(),
            },
            violations: snapshot.violations(),
            discrepancies: mismatches.collect(),
            in_flight: in_flight(snapshot),
            now,
        }
    }

    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Milliseconds since `since`.
    pub(super) fn age_ms(&self, since: Moment) -> i64 {
        self.now.0.saturating_sub(since.0).max(0) / 1000
    }

    /// One object for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let discrepancies: Vec<Value> = self
            .discrepancies
            .iter()
            .map(|it| {
                let age_ms = self.age_ms(it.since);
                json!({"host": it.host, "subject": it.subject, "age_ms": age_ms, "remedy": it.remedy})
            })
            .collect();
        let in_flight: Vec<Value> = self
            .in_flight
            .iter()
            .map(|it| json!({"what": it.what, "waits_for": it.waits_for, "age_ms": self.age_ms(it.since)}))
            .collect();
        json!({
            "clean": self.is_clean(),
            "version": self.version,
            "counts": self.counts,
            "violations": self.violations,
            "discrepancies": discrepancies,
            "in_flight": in_flight,
        })
    }
}
