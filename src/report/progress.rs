//! The line that moves while a run is under way.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::verdict::Outcome;

/// A line on stderr that counts what is done; nothing at all where there is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    violated: Mutex<usize>,
}

impl Progress {
    /// A line over `total` steps of `noun`; silent when `quiet`, or when stderr is no terminal.
    pub fn new(total: usize, noun: &'static str, is_terminal: bool, quiet: bool) -> Self {
        let target = if is_terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let template = format!("[{{pos:>4}}/{{len}}] {noun}  {{msg}}");
        bar.set_style(ProgressStyle::with_template(&template).expect("the template holds known keys only"));
        Self { bar, violated: Mutex::new(0) }
    }

    /// One more is done: what came of it, and its name.
    pub fn done(&self, outcome: Outcome, name: &str) {
        let mut violated = self.violated.lock().expect("no holder of this lock panics");
        if outcome == Outcome::Violated {
            *violated += 1;
        }
        self.bar.set_message(format!("{violated} violated  {name}"));
        self.bar.inc(1);
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
