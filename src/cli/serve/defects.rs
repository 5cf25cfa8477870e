//! The list of defects that `serve --list-defects` prints.

use std::io::{self, Write};

use crate::report::Style;
use crate::report::text::Ink;
use crate::server::defect;

/// Writes every defect under its topic: its name, what the bad server does, and the requirements that it breaks.
pub fn list(style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut topic = "";
    for info in defect::all() {
        if info.topic != topic {
            if !topic.is_empty() {
                writeln!(out)?;
            }
            topic = info.topic;
            writeln!(out, "{}", style.paint(Ink::Faint, topic))?;
        }
        writeln!(out, "  {}", style.paint(Ink::Strong, &info.name))?;
        style.labelled(out, 6, "", &info.help)?;
        style.labelled(out, 13, "      breaks", &info.violates.join(", "))?;
    }
    writeln!(out, "\n{} defects. Serve with one: flowproof serve --defect NAME", defect::all().len())
}
