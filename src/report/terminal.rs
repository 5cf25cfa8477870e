//! The report that people read in a terminal.

use std::io::{self, Write};

use super::Style;
use crate::verdict::{Outcome, Run};

/// Renders the run as text.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, _style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for outcome in Outcome::ALL {
        writeln!(out, "{:>5} {}", run.count(outcome), outcome.name())?;
    }
    writeln!(out, "{}", run.verdict.name())
}
