//! `flowproof check`: runs the checks against a provider, prints what was found, and writes the reports.

mod arguments;
mod known;
mod playing;
mod telling;

use std::io::{self, Write};
use std::sync::Arc;

pub use self::arguments::CheckArgs;
use super::{Console, embedded};
use crate::check::{Catalog, Check, Selection};
use crate::exit::Exit;
use crate::report;

impl CheckArgs {
    /// Runs the checks.
    pub fn run(self, console: &Console) -> Exit {
        let catalog = match &self.features {
            Some(dir) => Catalog::from_dir(dir),
            None => Catalog::embedded(),
        };
        let catalog = match catalog {
            Ok(catalog) => catalog,
            Err(error) => return console.usage(&error),
        };
        if let Some(id) = self.bug_report.as_ref().filter(|id| catalog.check(id).is_none()) {
            return console.usage(&format_args!("--bug-report {id}: no check has this id; --list shows every id"));
        }
        let ids = self.bug_report.iter().chain(&self.ids).cloned().collect();
        let selection = Selection { tags: self.tags.clone(), ids };
        let checks = match selection.choose(&catalog) {
            Ok(checks) => checks,
            Err(message) => return console.usage(&message),
        };
        for id in &self.allow_inconclusive {
            if catalog.check(id).is_none() {
                return console.usage(&format_args!("--allow-inconclusive {id}: no check has this id; --list shows every id"));
            }
        }
        if self.list {
            return match console.show(|out| list(&catalog, &checks, out)) {
                Ok(()) => Exit::Success,
                Err(error) => console.usage(&format_args!("cannot print the list: {error}")),
            };
        }
        if let Err(message) = embedded::known(&self.defects) {
            return console.usage(&message);
        }
        let baselines = match self.baselines() {
            Ok(baselines) => baselines,
            Err(error) => return console.usage(&error),
        };
        // Before the run, so that an hour's findings are not lost to a folder that cannot be written.
        let places = [self.write_baseline.as_deref(), self.summary.as_deref()].into_iter().flatten().map(report::files::above);
        for place in std::iter::once(self.output.as_path()).chain(places) {
            if let Err(error) = report::files::writable(place) {
                return console.usage(&error);
            }
        }
        match console.block_on(self.play(&catalog, &checks, &selection, console)) {
            Ok(Ok(played)) => self.tell(played, &baselines, &catalog, console),
            Ok(Err(exit)) | Err(exit) => exit,
        }
    }
}

fn list(catalog: &Catalog, checks: &[Arc<Check>], out: &mut dyn Write) -> io::Result<()> {
    let width = checks.iter().map(|check| check.id.len()).max().unwrap_or_default();
    for check in checks {
        let level = check.tags.levels.first().map_or("", |(level, _)| level.name());
        let sections: Vec<String> = check.sections().iter().map(ToString::to_string).collect();
        writeln!(out, "{:width$}  {level:6}  {:28}  {}", check.id, sections.join(", "), check.rule)?;
    }
    let rules: std::collections::BTreeSet<_> = checks.iter().map(|check| (&check.feature, &check.rule)).collect();
    let of = if checks.len() == catalog.checks().len() { String::new() } else { format!(" of {}", catalog.checks().len()) };
    writeln!(out, "\n{}{of} checks of {} rules; {} defects are hunted", checks.len(), rules.len(), catalog.defects().len())
}
