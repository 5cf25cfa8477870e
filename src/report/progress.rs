//! The line that moves while a run is under way.
//!
//! ```text
//! [ 57/163] checks  3 violated  device/slow-down
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::plain;
use crate::verdict::Outcome;

/// A line on stderr that counts what is done; nothing at all where there is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    violated: AtomicUsize,
    inconclusive: AtomicUsize,
}

impl Progress {
    /// A line over `total` steps of `noun`; silent when `quiet`, or when stderr is no terminal.
    pub fn new(total: usize, noun: &'static str, is_terminal: bool, quiet: bool) -> Self {
        let target = if is_terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let digits = total.to_string().len();
        let template = format!("[{{pos:>{digits}}}/{{len}}] {noun}  {{wide_msg}}");
        bar.set_style(ProgressStyle::with_template(&template).expect("the template holds known keys only"));
        Self { bar, violated: AtomicUsize::new(0), inconclusive: AtomicUsize::new(0) }
    }

    /// One more is done: what came of it, and its name.
    pub fn done(&self, outcome: Outcome, name: &str) {
        match outcome {
            Outcome::Violated => {
                self.violated.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Inconclusive => {
                self.inconclusive.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Passed | Outcome::Warned | Outcome::Noted | Outcome::NotApplicable | Outcome::Known => {}
        }
        self.bar.set_message(self.message(name));
        self.bar.inc(1);
    }

    /// What asks for attention so far, and what was done last.
    fn message(&self, name: &str) -> String {
        let mut message = String::new();
        for (count, word) in [(&self.violated, "violated"), (&self.inconclusive, "inconclusive")] {
            match count.load(Ordering::Relaxed) {
                0 => {}
                count => message.push_str(&format!("{count} {word}  ")),
            }
        }
        message + &plain(name)
    }

    /// Writes something else meanwhile, the line out of its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_went_wrong_so_far_and_nothing_of_what_did_not() {
        let progress = Progress::new(3, "checks", false, false);
        progress.done(Outcome::Passed, "a/b");
        assert_eq!(progress.message("a/b"), "a/b");
        progress.done(Outcome::Violated, "a/c");
        progress.done(Outcome::Inconclusive, "a/d");
        assert_eq!(progress.message("a/d"), "1 violated  1 inconclusive  a/d");
        progress.finish();
    }
}
