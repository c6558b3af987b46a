//! One round: workers take parts until none is left.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use steadfast_explore::Meter;

use super::board::Board;
use super::part::Plan;
use super::{Campaign, Explored, Watch};
use crate::catalogue::Subject;

/// How often a deadline is looked at, and progress told.
const INTERVAL: Duration = Duration::from_millis(250);

/// What is done in a round.
pub(super) struct Round<'a> {
    pub plans: Vec<(&'a dyn Subject, Plan)>,
    pub campaign: Campaign,
    pub deadline: Option<Instant>,
    /// How many scenarios were done with before it.
    pub before: usize,
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().expect("nobody panics while holding it")
}

/// Explores each of some scenarios as planned. Answers what came of each, as far as somebody wanted to hear it.
pub(super) fn round(round: Round<'_>, meter: &Meter, watch: &mut dyn Watch) -> Option<Vec<Explored>> {
    let Round { plans, campaign, deadline, before } = round;
    let (subjects, plans): (Vec<_>, Vec<_>) = plans.into_iter().unzip();
    let board = Mutex::new(Board::new(plans, meter));
    let (done, arrives) = mpsc::channel();
    let mut explored: Vec<Option<Explored>> = subjects.iter().map(|_| None).collect();
    let heard = thread::scope(|scope| {
        for _ in 0..campaign.workers.max(1) {
            let (board, subjects, done) = (&board, &subjects, done.clone());
            scope.spawn(move || {
                while let Some((place, part, meter)) = { lock(board).hand_out() } {
                    let outcome = part.explore(subjects[place], campaign, meter);
                    let came = lock(board).take(place, outcome);
                    // Whoever listens does so until the last worker is done.
                    came.into_iter().for_each(|one| drop(done.send((place, one))));
                }
            });
        }
        drop(done);
        let (mut shown, mut heard) = (0, ControlFlow::Continue(()));
        loop {
            match arrives.recv_timeout(INTERVAL) {
                Ok((place, one)) => explored[place] = Some(one),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break heard,
            }
            while let Some(Some(one)) = explored.get(shown).filter(|_| heard.is_continue()) {
                heard = watch.explored(shown, one);
                shown += 1;
            }
            if heard.is_break() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                meter.stop();
            }
            watch.progress(before + explored.iter().flatten().count(), meter);
        }
    });
    lock(&board).rest().into_iter().for_each(|(place, one)| explored[place] = Some(one));
    let all = explored.into_iter().map(|one| one.expect("every scenario was explored")).collect();
    heard.is_continue().then_some(all)
}
