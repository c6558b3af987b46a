//! Explores scenarios for whoever asked on the command line: says how far it has come, and makes of what was found what
//! a person needs.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use steadfast_explore::Meter;
use steadfast_races::campaign::{Campaign, Explored, Watch, campaign};
use steadfast_races::catalogue::Subject;

use super::progress::Progress;
use super::report::Report;
use super::violation::tell;
use crate::exit::Failure;

/// Who is told of each report.
pub type Listener<'a> = &'a mut dyn FnMut(&Report) -> Result<(), Failure>;

struct Telling<'a> {
    subjects: &'a [Box<dyn Subject>],
    campaign: Campaign,
    progress: Progress,
    told: Listener<'a>,
    /// By the place of the subject: within a time they are not told in that order.
    reports: BTreeMap<usize, Report>,
    failure: Option<Failure>,
}

impl Watch for Telling<'_> {
    fn explored(&mut self, place: usize, explored: &Explored) -> ControlFlow<()> {
        let subject = self.subjects[place].as_ref();
        let violation = explored.violation.as_ref();
        let told = violation.map(|found| tell(subject, self.campaign.store, found, explored.unfinished));
        let report = Report::new(subject, explored.clone(), told);
        self.progress.clear();
        match (self.told)(&report) {
            Ok(()) => {
                self.reports.insert(place, report);
                ControlFlow::Continue(())
            }
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }

    fn progress(&mut self, done: usize, meter: &Meter) {
        self.progress.progress(done, meter);
    }
}

/// Explores each subject, and tells of each once it is done with. Answers what came of all, in their order.
///
/// # Errors
/// When whoever is told cannot be told any more: then it ends early.
pub fn run(
    subjects: &[Box<dyn Subject>],
    wanted: Campaign,
    told: Listener<'_>,
) -> Result<Vec<Report>, Failure> {
    let progress = Progress::begin(subjects.len(), wanted.budget);
    let (reports, failure) = (BTreeMap::new(), None);
    let mut telling = Telling { subjects, campaign: wanted, progress, told, reports, failure };
    let _ = campaign(subjects, wanted, &mut telling);
    telling.progress.clear();
    telling.failure.map_or(Ok(telling.reports.into_values().collect()), Err)
}
