//! Renders a run; one format, one file, each of which opens with a sample of its output.

pub mod bug_report;
pub mod files;
pub mod json;
pub mod junit;
pub mod load;
mod markdown;
pub mod progress;
pub mod summary;
pub mod terminal;
pub mod text;
pub mod trace;

pub use files::{StoreError, store};
pub use progress::Progress;
pub use text::Style;

/// A format that `--report` names. The JSON report is always written: it alone is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `report.json`, every finding with its exchanges
    Json,
    /// `report.xml`, for CI systems that read JUnit
    Junit,
}
