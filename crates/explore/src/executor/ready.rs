//! Which tasks were woken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Wake;

use super::lock;

/// Tasks that somebody woke, by their place among those of this run.
#[derive(Default)]
pub(super) struct Ready(Mutex<VecDeque<usize>>);

impl Ready {
    pub fn next(&self) -> Option<usize> {
        lock(&self.0).pop_front()
    }
}

pub(super) struct TaskWaker {
    pub task: usize,
    pub ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut ready = lock(&self.ready.0);
        if !ready.contains(&self.task) {
            ready.push_back(self.task);
        }
    }
}
