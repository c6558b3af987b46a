//! What happens, said as it happens: seconds since the beginning, and a sentence.

use std::fmt::Display;

use steadfast_model::ids::Moment;

use crate::exit::Failure;
use crate::say::{say, say_aside};
use crate::world::now;

/// Where the lines go, and since when they count.
#[derive(Debug, Clone, Copy)]
pub struct Timeline {
    begun: Moment,
    /// Standard output is kept for something else.
    aside: bool,
}

impl Timeline {
    #[must_use]
    pub fn begin(aside: bool) -> Self {
        Timeline { begun: now(), aside }
    }

    /// Something that has just happened.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn say(&self, what: impl Display) -> Result<(), Failure> {
        self.say_of(now(), what)
    }

    /// Something that happened at a moment that is known better than by when it was heard of.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn say_of(&self, at: Moment, what: impl Display) -> Result<(), Failure> {
        let since_ms = at.0.saturating_sub(self.begun.0).max(0) / 1000;
        let (seconds, millis) = (since_ms / 1000, since_ms % 1000);
        self.print(format_args!("{seconds:4}.{millis:03}  {what}"))
    }

    /// Text that has no time.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn print(&self, text: impl Display) -> Result<(), Failure> {
        if self.aside {
            say_aside(text);
            return Ok(());
        }
        say(text)
    }

    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from((now().0 - self.begun.0) / 1000).unwrap_or_default()
    }
}
