//! `flowproof check`: runs the checks against a provider, prints what was found, and writes the reports.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::{Console, embedded, signals, surroundings};
use crate::check::run::Played;
use crate::check::{Catalog, Check, Options, Selection};
use crate::exit::Exit;
use crate::provider::{Provider, Target, Unreachable, discover};
use crate::report::{self, Format, terminal};
use crate::verdict::{Conformance, FailOn, Profile};
use crate::wire::{Bounds, Tape, Wire};

/// Check that a provider keeps the promises of OAuth 2.0; without --provider, the embedded reference server
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The provider file: who is tested
    #[arg(long, value_name = "FILE")]
    provider: Option<PathBuf>,
    /// Read the features from this folder, not the built-in ones
    #[arg(long, value_name = "DIR")]
    features: Option<PathBuf>,
    /// Only checks with this tag: must, RFC7636, RFC7636-4.6, a requirement, catches:DEFECT, needs:NEED, waits, a feature; may be
    /// repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only the check with this id, or all below it (`pkce/`); may be repeated
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// List the checks, and stop
    #[arg(long)]
    list: bool,
    /// Judge by this set of specifications; default: what the provider file says
    #[arg(long, value_name = "NAME", value_enum)]
    profile: Option<ProfileArg>,
    /// How many scenarios run side by side
    #[arg(long, value_name = "N", default_value = "16")]
    jobs: NonZeroUsize,
    /// How many seconds a check may wait; a check that would wait longer is not applicable
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86_400))]
    max_wait: u64,
    /// From which level on a broken requirement fails the run
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "must")]
    fail_on: FailOnArg,
    /// A check that may stay inconclusive; may be repeated
    #[arg(long, value_name = "ID")]
    allow_inconclusive: Vec<String>,
    /// Formats to write; report.json is always written
    #[arg(long, value_name = "FORMATS", value_enum, value_delimiter = ',')]
    report: Vec<Format>,
    /// Where to write the reports
    #[arg(long, value_name = "DIR", default_value = "reports/latest")]
    output: PathBuf,
    /// Give the embedded server this defect, to see which checks find it; may be repeated
    #[arg(long = "defect", value_name = "NAME", value_delimiter = ',', conflicts_with = "provider")]
    defects: Vec<String>,
    /// Play the checks in an order made of this number
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
}

/// `--profile`
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProfileArg {
    /// The RFCs with RFC 9700
    #[value(name = "oauth-2.0")]
    OAuth20,
    /// The OAuth 2.1 draft
    #[value(name = "oauth-2.1")]
    OAuth21,
}

/// `--fail-on`
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOnArg {
    /// Only a must
    Must,
    /// A should as well
    Should,
}

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
        let selection = Selection { tags: self.tags.clone(), ids: self.ids.clone() };
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
        // Before the run, so that an hour's findings are not lost to a folder that cannot be written.
        if let Err(error) = report::files::writable(&self.output) {
            return console.usage(&error);
        }
        match console.block_on(self.play(&catalog, &checks, &selection, console)) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    async fn play(&self, catalog: &Catalog, checks: &[Arc<Check>], selection: &Selection, console: &Console) -> Exit {
        let wire = match Wire::new(Bounds::default()) {
            Ok(wire) => wire,
            Err(failure) => return console.usage(&failure),
        };
        let (targets, server) = match self.targets(&wire, console).await {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let options = Options {
            profile: self.profile(&targets),
            fail_on: match self.fail_on {
                FailOnArg::Must => FailOn::Must,
                FailOnArg::Should => FailOn::Should,
            },
            max_wait: Duration::from_secs(self.max_wait),
            jobs: self.jobs.get(),
            allow_inconclusive: self.allow_inconclusive.clone(),
            selection: selection.describe(),
            shuffle: self.shuffle,
            ..Options::default()
        };
        let stop = CancellationToken::new();
        let signal = match signals::stop() {
            Ok(signal) => tokio::spawn(signal.map({
                let stop = stop.clone();
                move |()| stop.cancel()
            })),
            Err(error) => return console.usage(&format_args!("cannot listen for signals: {error}")),
        };
        let progress = Rc::new(console.progress(checks.len(), "checks"));
        let heard = {
            let progress = progress.clone();
            Rc::new(move |finding: &crate::verdict::Finding| progress.done(finding.outcome, &finding.id))
        };
        let played = crate::check::run(catalog, checks, &targets, &wire, &options, &stop, heard).await;
        progress.finish();
        signal.abort();
        if let Some(server) = server {
            server.stop().await;
        }
        self.tell(&played, console)
    }

    /// Who is tested: the provider of the file, or the realms of the embedded server, which then has to be stopped.
    async fn targets(&self, wire: &Wire, console: &Console) -> Result<(Vec<Arc<Target>>, Option<crate::server::Running>), Exit> {
        let Some(path) = &self.provider else {
            let server = embedded::serve(&self.defects).await.map_err(|message| console.usage(&message))?;
            let targets = embedded::targets(&server, wire).await.map_err(|message| console.usage(&message))?;
            return Ok((targets, Some(server)));
        };
        let provider = Provider::load(path, &surroundings::variable).map_err(|error| console.usage(&error))?;
        let tape = Tape::new(provider.secrets());
        match discover(wire, &tape, provider).await {
            Ok(target) => Ok((vec![Arc::new(target)], None)),
            Err(error @ Unreachable::NothingAnswers { .. }) => {
                console.error(&error);
                Err(Exit::Incomplete)
            }
            Err(error @ Unreachable::NoEndpoint { .. }) => Err(console.usage(&error)),
        }
    }

    fn profile(&self, targets: &[Arc<Target>]) -> Profile {
        match self.profile {
            Some(ProfileArg::OAuth20) => Profile::OAuth20,
            Some(ProfileArg::OAuth21) => Profile::OAuth21,
            None => targets.first().map(|target| target.provider.profile).unwrap_or_default(),
        }
    }

    fn tell(&self, played: &Played, console: &Console) -> Exit {
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
