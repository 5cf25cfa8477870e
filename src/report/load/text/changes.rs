//! How the run compares with an earlier one, figure by figure.

use std::io::{self, Write};

use crate::report::load::words::change;
use crate::report::text::{Ink, Style, columns_of, plain};
use crate::verdict::Changes;

/// Writes each figure then and now, and what makes the two hard to compare.
pub fn render(changes: &Changes, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    let since = format!("since the run of {}; ✗ is worse by more than {}%", changes.since, changes.tolerance_percent);
    style.labelled_in(Ink::Strong, out, 9, "CHANGES", &since)?;
    for caveat in &changes.caveats {
        style.labelled_in(Ink::Doubt, out, 9, "  but", caveat)?;
    }
    let names: Vec<String> = changes.changes.iter().map(|one| plain(&format!("{}/{}", one.flow, one.step))).collect();
    let longest = names.iter().map(|name| columns_of(name)).max().unwrap_or_default();
    for (at, (one, name)) in changes.changes.iter().zip(&names).enumerate() {
        // A step is named once.
        let name = if at > 0 && names[at - 1] == *name { "" } else { name };
        let [before, now, by] = change(one);
        let [gap, before, now, by] =
            [" ".repeat(longest - columns_of(name) + 2), right(&before, 9), right(&now, 9), right(&by, 10)];
        let line = format!("{:<7}{before}  → {now}{by}", plain(&one.figure));
        let (mark, ink) = if one.regressed { ("✗", Ink::Bad) } else { (" ", Ink::Strong) };
        write!(out, "{} {name}{gap}", style.paint(ink, mark))?;
        if one.regressed {
            writeln!(out, "{}", style.paint(Ink::Bad, line))?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns_of(text))))
}
