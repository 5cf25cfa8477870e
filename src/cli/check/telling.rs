//! What the user is told of a run, on the screen and in files, and by the exit code.

use super::CheckArgs;
use crate::check::run::Played;
use crate::cli::Console;
use crate::exit::Exit;
use crate::report::{self, terminal};
use crate::verdict::Conformance;

impl CheckArgs {
    /// Shows what was found, writes the reports, and says how the command ends.
    pub(super) fn tell(&self, played: &Played, console: &Console) -> Exit {
        let run = &played.run;
        let stored = report::store(run, &self.output, &self.report);
        let shown = console.show(|out| {
            terminal::render(run, &console.style, out)?;
            stored.as_ref().map_or(Ok(()), |paths| console.list_reports(paths, out))
        });
        if let Err(error) = shown {
            console.error(&format_args!("cannot print what was found: {error}"));
        }
        if !played.bugs.is_empty() {
            console.error(&format_args!("flowproof itself failed in {}: please report it", played.bugs.join(", ")));
            return Exit::Bug;
        }
        if let Err(error) = stored {
            return console.usage(&error);
        }
        match run.verdict {
            Conformance::NonConformant => Exit::Failed,
            Conformance::Incomplete => Exit::Incomplete,
            Conformance::Conformant if run.interrupted => Exit::Incomplete,
            Conformance::Conformant => Exit::Success,
        }
    }
}
