//! What the user can ask of `check`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::connect::ConnectArgs;
use crate::report::Format;
use crate::verdict::{FailOn, Profile};

/// Check that a provider keeps the promises of OAuth 2.0; without --provider, the embedded reference server
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The provider file: who is tested
    #[arg(long, value_name = "FILE")]
    pub(super) provider: Option<PathBuf>,
    /// Read the features from this folder, not the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) features: Option<PathBuf>,
    /// Only checks with this tag: must, RFC7636, RFC7636-4.6, a requirement, catches:DEFECT, needs:NEED, waits, intrusive, a
    /// feature; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
    /// Only the check with this id, or all below it (`pkce/`); may be repeated
    #[arg(long = "id", value_name = "ID")]
    pub(super) ids: Vec<String>,
    /// List the checks, and stop
    #[arg(long)]
    pub(super) list: bool,
    /// Judge by this set of specifications; default: what the provider file says
    #[arg(long, value_name = "NAME", value_enum)]
    pub(super) profile: Option<ProfileArg>,
    /// How many scenarios run side by side
    #[arg(long, value_name = "N", default_value = "16")]
    pub(super) jobs: NonZeroUsize,
    /// How many seconds a check may wait; a check that would wait longer is not applicable
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(super) max_wait: u64,
    /// How many requests the run may send in all; what is left then is inconclusive
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_requests: Option<u64>,
    /// After how many seconds, from the start of the program, the run ends as by Ctrl-C: the report is written, what is left is
    /// inconclusive
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub(super) timeout: Option<u64>,
    /// Play the checks that flood, guess or may lock an account (--tag intrusive) on a host other than this machine as well
    #[arg(long)]
    pub(super) intrusive: bool,
    /// Leave the tokens that the run obtained; without it they are revoked at its end, as far as that goes within ten seconds
    #[arg(long, conflicts_with = "cleanup")]
    pub(super) no_cleanup: bool,
    /// Revoke them at the embedded server as well, which ends with the run
    #[arg(long)]
    pub(super) cleanup: bool,
    /// From which level on a broken requirement fails the run
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "must")]
    pub(super) fail_on: FailOnArg,
    /// A check that may stay inconclusive; may be repeated
    #[arg(long, value_name = "ID")]
    pub(super) allow_inconclusive: Vec<String>,
    /// The violations that are known: they stay in every report and do not fail the run; without it, known-issues.yaml beside the provider
    /// file, if it is there
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Do not look for known-issues.yaml beside the provider file
    #[arg(long, conflicts_with = "baseline")]
    pub(super) no_baseline: bool,
    /// Write a baseline of what fails this run, ready to edit. Of one that is there the reasons stay, comments do not; entries go whose
    /// check fails no more. The exit code is the run's
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
    /// Print each exchange of the chosen checks as it happened, masked
    #[arg(long)]
    pub(super) trace: bool,
    /// Run this one check and write into the output folder, as Markdown, what the provider's maintainers want to read of its violation
    #[arg(long, value_name = "ID", conflicts_with_all = ["tags", "ids", "list"])]
    pub(super) bug_report: Option<String>,
    /// Append a short Markdown to this file, for the page of a CI job ($GITHUB_STEP_SUMMARY)
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
    /// Formats to write; report.json is always written
    #[arg(long, value_name = "FORMATS", value_enum, value_delimiter = ',')]
    pub(super) report: Vec<Format>,
    /// Where to write the reports
    #[arg(long, value_name = "DIR", default_value = "reports/latest")]
    pub(super) output: PathBuf,
    /// Give the embedded server this defect, to see which checks find it; may be repeated
    #[arg(long = "defect", value_name = "NAME", value_delimiter = ',', conflicts_with = "provider")]
    pub(super) defects: Vec<String>,
    /// Do not look at the configuration first, as `flowproof doctor` does; what that finds are warnings
    #[arg(long)]
    pub(super) skip_doctor: bool,
    /// Let the browser of `login: {driver: webdriver}` have a window to look at
    #[arg(long)]
    pub(super) headed: bool,
    /// Play the checks in an order made of this number
    #[arg(long, value_name = "SEED")]
    pub(super) shuffle: Option<u64>,
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// `--profile`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ProfileArg {
    /// The RFCs with RFC 9700
    #[value(name = "oauth-2.0")]
    OAuth20,
    /// The OAuth 2.1 draft
    #[value(name = "oauth-2.1")]
    OAuth21,
}

/// `--fail-on`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FailOnArg {
    /// Only a must
    Must,
    /// A should as well
    Should,
}

impl From<ProfileArg> for Profile {
    fn from(arg: ProfileArg) -> Self {
        match arg {
            ProfileArg::OAuth20 => Self::OAuth20,
            ProfileArg::OAuth21 => Self::OAuth21,
        }
    }
}

impl From<FailOnArg> for FailOn {
    fn from(arg: FailOnArg) -> Self {
        match arg {
            FailOnArg::Must => Self::Must,
            FailOnArg::Should => Self::Should,
        }
    }
}
