//! What a demonstration came to, for people and for programs.

use serde_json::{Value, json};
use steadfast_model::ids::HostId;
use steadfast_model::pci::Address;

use super::holding::Holding;
use super::table::render;
use super::verdict::Verdict;
use crate::config::HypervisorKind;
use crate::exit::Exit;

#[derive(Debug)]
pub struct Outcome {
    pub hosts: Vec<HostId>,
    pub hypervisor: HypervisorKind,
    pub killed_host: HostId,
    pub before: Vec<Holding>,
    pub after: Vec<Holding>,
    /// Evacuations that ended.
    pub evacuated: usize,
    /// Reports that the control plane took while they went on.
    pub reports: u64,
    /// How often a device was granted, boots and evacuations together.
    pub granted: usize,
    /// What `verify` says of the store, in a sentence.
    pub verify_says: String,
    /// Everything that should be impossible, in the store and of the guests, in sentences.
    pub violations: Vec<String>,
    pub verdict: Verdict,
    pub duration_ms: u64,
}

impl Outcome {
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.verdict.is_clean() && self.violations.is_empty()
    }

    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.is_clean() { Exit::Clean } else { Exit::Violations }
    }

    /// One object for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let violations: Vec<&String> = self.violations.iter().chain(&self.verdict.sentences).collect();
        json!({
            "hosts": self.hosts,
            "instances": self.before.iter().map(|row| &row.name).collect::<Vec<_>>(),
            "devices_before": devices(&self.before),
            "devices_after": devices(&self.after),
            "killed_host": self.killed_host,
            "evacuated": self.evacuated,
            "violations": violations,
            "reports": self.reports,
            "duration_ms": self.duration_ms,
            "hypervisor": self.hypervisor.name(),
        })
    }

    /// The table, what `verify` says, and the closing sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let heading = ["instance", "devices before", "devices after", "host before", "host after"];
        let rows: Vec<[String; 5]> = self.before.iter().map(|before| self.row(before)).collect();
        let mut text = format!("\n{}\n\nverify: {}", render(heading, &rows), self.verify_says);
        for sentence in self.violations.iter().chain(&self.verdict.sentences) {
            text.push_str(&format!("\n  {sentence}"));
        }
        format!("{text}\n{}", self.closing())
    }

    fn row(&self, before: &Holding) -> [String; 5] {
        let after = self.after.iter().find(|after| after.instance == before.instance);
        [
            before.name.clone(),
            list(&before.devices),
            after.map_or_else(|| "none".to_owned(), |after| list(&after.devices)),
            before.host.to_string(),
            after.map_or_else(|| "none".to_owned(), |after| after.host.to_string()),
        ]
    }

    fn closing(&self) -> String {
        let Verdict { kept, lost, doubled, leaked, .. } = self.verdict;
        let Outcome { reports, evacuated, granted, .. } = self;
        format!(
            "{reports} reports raced {evacuated} evacuations: devices were granted {granted} times, {kept} were \
             kept, {lost} lost, {doubled} doubled, {leaked} leaked."
        )
    }
}

fn list(devices: &[Address]) -> String {
    let texts: Vec<String> = devices.iter().map(ToString::to_string).collect();
    texts.join(" ")
}

/// One entry for each device that an instance has.
fn devices(holdings: &[Holding]) -> Vec<Value> {
    let each = holdings.iter().flat_map(|row| row.devices.iter().map(move |device| (row, device)));
    each.map(|(row, device)| json!({"instance": row.name, "host": row.host, "device": device})).collect()
}
