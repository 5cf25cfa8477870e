//! The options that compare a run with an earlier one.

use std::path::PathBuf;

use clap::Args;

use crate::report::load::{ReadError, read};
use crate::verdict::LoadRun;

/// An earlier run, and how much worse a figure may be.
#[derive(Debug, Args)]
pub struct EarlierArgs {
    /// An earlier run's report.json: p50, p99, rate and errors of each step are compared with it, and one that is worse beyond the
    /// tolerance fails the run. A difference of up to 0.2 ms, one answer per second or 0.1 percentage points of errors is noise, and so is a
    /// percentile with fewer than ten answers beyond it
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// By how much a figure may be worse than the earlier run's
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent, requires = "baseline")]
    tolerance: f64,
}

impl EarlierArgs {
    /// Reads the earlier run, where one is named.
    ///
    /// # Errors
    /// It is no report of a load run.
    pub fn read(&self) -> Result<Option<LoadRun>, ReadError> {
        self.baseline.as_deref().map(read).transpose()
    }

    /// Compares a run with the earlier one, where there is one.
    pub fn compare(&self, run: &mut LoadRun, earlier: Option<&LoadRun>) {
        if let Some(earlier) = earlier {
            run.compare(earlier, self.tolerance);
        }
    }
}

/// Percent, such as `10%`.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    number.filter(|percent| (0.0..=1000.0).contains(percent)).ok_or_else(|| "expected percent, such as 10%".to_owned())
}
