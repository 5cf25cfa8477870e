//! What a search for the most that the provider sustains tried, and what it came to.

use std::io::{self, Write};

use crate::report::load::words;
use crate::report::text::{Ink, Style, wrap};
use crate::verdict::Breakpoint;

/// The column in which what was measured begins.
const INDENT: usize = 24;

/// Writes the rates that were tried, in order.
pub fn render(search: &Breakpoint, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    style.labelled_in(Ink::Strong, out, 12, "BREAKPOINT", &search.goal)?;
    writeln!(out, "{}", style.paint(Ink::Faint, format_args!("{:>10}{:>12}", "rate/s", "answered/s")))?;
    for attempt in &search.attempts {
        let (mark, ink) = words::mark(Some(attempt.held));
        let figures = format!("{:>10.1}{:>12.1}", attempt.rate, attempt.answered);
        write!(out, "{figures} {} ", style.paint(ink, mark))?;
        let measured = attempt.measured.join(", ");
        let mut lines = wrap(&measured, style.columns() - INDENT - 2).into_iter();
        writeln!(out, "{}", lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(out, "{:gap$}{line}", "", gap = INDENT + 1)?;
        }
    }
    let (ink, what) = words::search(search);
    writeln!(out, "  {}", style.paint(ink, what))
}
