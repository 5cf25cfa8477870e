//! What the user is told of a run, on the screen and in files, and by the exit code.

use std::path::{Path, PathBuf};

use super::CheckArgs;
use super::known::{self, Baselines};
use crate::check::Catalog;
use crate::check::run::Played;
use crate::cli::Console;
use crate::exit::Exit;
use crate::report::{self, StoreError, bug_report, files, summary, terminal};
use crate::verdict::{Conformance, Finding, Outcome, Run};

impl CheckArgs {
    /// Holds the baseline against what was found, shows it, writes the reports, and says how the command ends.
    pub(super) fn tell(&self, played: Played, baselines: &Baselines, catalog: &Catalog, console: &Console) -> Exit {
        let Played { mut run, bugs } = played;
        if let Some(baseline) = &baselines.used {
            run.compare(baseline, &known::today(), &|id| catalog.check(id).is_some());
        }
        let stored = self.store(&run, baselines, catalog);
        let shown = console.show(|out| {
            terminal::render(&run, &console.style, out)?;
            stored.as_ref().map_or(Ok(()), |paths| console.list_reports(paths, out))
        });
        if let Err(error) = shown {
            console.error(&format_args!("cannot print what was found: {error}"));
        }
        if !bugs.is_empty() {
            console.error(&format_args!("flowproof itself failed in {}: please report it", bugs.join(", ")));
            return Exit::Bug;
        }
        if let Err(error) = stored {
            return console.usage(&error);
        }
        if let Some(id) = self.bug_report.as_ref().filter(|_| reportable(&run).is_none()) {
            console.warn(&format_args!("{id} found nothing wrong: there is no bug report to write"));
        }
        match run.verdict {
            Conformance::NonConformant => Exit::Failed,
            Conformance::Incomplete => Exit::Incomplete,
            Conformance::Conformant if run.interrupted => Exit::Incomplete,
            Conformance::Conformant if run.has_stale() => Exit::Stale,
            Conformance::Conformant => Exit::Success,
        }
    }

    /// Writes all that was asked for; says what it wrote.
    fn store(&self, run: &Run, baselines: &Baselines, catalog: &Catalog) -> Result<Vec<PathBuf>, StoreError> {
        let mut written = report::store(run, &self.output, &self.report)?;
        if let Some(finding) = self.bug_report.as_ref().and_then(|_| reportable(run)) {
            // The report leaves the house: where the file lies in it is nobody's business.
            let provider = self.provider.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
            let again = bug_report::command(provider.as_deref(), &self.defects, &finding.id);
            let path = self.output.join(bug_report::file_name(&finding.id));
            files::replace(&path, &|out| bug_report::render(finding, run, &again, out))?;
            written.push(path);
        }
        if let Some(path) = &self.summary {
            summary::append(run, path)?;
            written.push(path.clone());
        }
        if let Some(path) = &self.write_baseline {
            known::write(path, run, &baselines.there, catalog)?;
            written.push(path.clone());
        }
        Ok(written)
    }
}

/// The finding that a bug can be reported of.
fn reportable(run: &Run) -> Option<&Finding> {
    let wrong = |finding: &&Finding| match finding.outcome {
        Outcome::Violated | Outcome::Warned | Outcome::Noted | Outcome::Known => finding.violation.is_some(),
        Outcome::Passed | Outcome::NotApplicable | Outcome::Inconclusive => false,
    };
    run.findings.iter().find(wrong)
}
