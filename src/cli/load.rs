//! `flowproof load`: puts a provider under load, prints what it bore, and writes the reports.

mod calibrate;
mod earlier;
mod exports;
mod live;
mod merge;
mod otlp;
mod telling;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use self::earlier::EarlierArgs;
use self::exports::ExportArgs;
pub use self::live::screen::give_back as give_back_terminal;
use self::telling::Teller;
use super::Console;
use super::connect::ConnectArgs;
use crate::exit::Exit;
use crate::load::{self, Embedded, Leash, LoadError, Order, Plan, Shard, span};
use crate::provider::{Driver, Provider, Unreachable};
use crate::report::{self, files};
use crate::verdict::{Bearing, LoadRun};

/// Put a provider under load and check every answer; without --provider, the embedded reference server
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Load goes to this machine only, unless the provider file says `load: {{ allow: true }}` and --target repeats the host.
A plan is YAML; scenarios/README.md of the repository has every key. The shipped ones stand beside it, to be copied and edited: {}.", Plan::shipped().join(", ")))]
#[command(args_conflicts_with_subcommands = true)]
pub struct LoadArgs {
    #[command(subcommand)]
    command: Option<LoadCommand>,
    /// The provider file: who is put under load
    #[arg(long, value_name = "FILE")]
    provider: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
    /// The plan: one of those that are shipped, or the path of a file; by default smoke, ten seconds of tokens, refreshes and logins at a rate
    /// that nobody notices, and with --breakpoint the plan of that name
    #[arg(long, value_name = "NAME|FILE")]
    plan: Option<String>,
    /// Search for the highest arrival rate at which this holds, and say what the provider sustains: thresholds, comma-separated. The plan says
    /// with which flows, how many users, and for how long at most
    #[arg(long, value_name = "GOAL", value_parser = load::Goal::from_str)]
    breakpoint: Option<load::Goal>,
    /// In about a minute, against the embedded reference server: what the generator of this machine can do, the ceiling of all that it can
    /// say of a provider. The flows are client_credentials, refresh and introspection, or those of --plan
    #[arg(long, conflicts_with_all = ["provider", "breakpoint", "users", "hold", "shard", "targets", "baseline", "metrics_address", "otlp", "goose_dashboard"])]
    calibrate: bool,
    /// Users at once, in place of the plan's
    #[arg(long, value_name = "N")]
    users: Option<usize>,
    /// For how long all users run, in place of the plan's: 500ms, 10s, 1m30s
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    hold: Option<Duration>,
    /// Run this part of the plan, one of several machines that share it: its share of users, arrivals, counted passes and rows of data sets.
    /// `load merge` makes one report of all parts
    #[arg(long, value_name = "PART", value_parser = Shard::from_str, conflicts_with = "breakpoint")]
    shard: Option<Shard>,
    /// Say that load on this host, which is not this machine, is meant; may be repeated
    #[arg(long = "target", value_name = "HOST")]
    targets: Vec<String>,
    #[command(flatten)]
    earlier: EarlierArgs,
    /// On a terminal, tell how the run goes in a line in place of the live picture
    #[arg(long)]
    no_tui: bool,
    /// Where to write report.json, report.txt, report.html, series.csv (a row a second), latency.hlog (HdrHistogram) and goose.html
    #[arg(long, value_name = "DIR", default_value = "reports/load")]
    output: PathBuf,
    #[command(flatten)]
    exports: ExportArgs,
}

/// What is done with runs.
#[derive(Debug, Subcommand)]
enum LoadCommand {
    Merge(merge::MergeArgs),
}

impl LoadArgs {
    /// Runs the plan.
    pub fn run(self, console: &Console) -> Exit {
        if let Some(LoadCommand::Merge(merge)) = self.command {
            return merge.run(console);
        }
        if self.calibrate {
            return calibrate::run(&self, console);
        }
        let plan = match Plan::find(self.plan()).and_then(|plan| plan.in_part(self.shard).with(self.users, self.hold)) {
            Ok(plan) => plan,
            Err(error) => return console.usage(&error),
        };
        if self.breakpoint.is_some() && plan.shard.of() > 1 {
            let what = "a search is not divided: leave `shard` out of the plan, and search from one machine";
            return console.usage(&format_args!("plan {}: {what}", plan.name));
        }
        let earlier = match self.earlier.read() {
            Ok(earlier) => earlier,
            Err(error) => return console.usage(&error),
        };
        // Before the run, so that an hour's figures are not lost to a folder that cannot be written.
        if let Err(error) = files::writable(&self.output) {
            return console.usage(&error);
        }
        let exports = match self.exports.open(console) {
            Ok(exports) => exports,
            Err(exit) => return exit,
        };
        let (interrupt, leash) = (CancellationToken::new(), Leash::default());
        if let Err(error) = catch_signals(interrupt.clone(), leash.clone()) {
            return console.usage(&format_args!("cannot listen for signals: {error}"));
        }
        let (provider, server) = match self.provider(&leash, console) {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let goose_report = tempfile::Builder::new().prefix(".flowproof-").suffix(".html").tempfile_in(&self.output);
        let goose_report = match goose_report {
            Ok(file) => file.into_temp_path(),
            Err(error) => return console.usage(&format_args!("cannot write to {}: {error}", self.output.display())),
        };
        let teller = Teller::new(console, !self.no_tui && !asks_at_terminal(&provider));
        let order = Order {
            plan,
            breakpoint: self.breakpoint.clone(),
            server: server.as_ref().and_then(Embedded::process),
            targets: self.targets.clone(),
            goose_report: Some(goose_report.to_path_buf()),
            exports,
            interrupt,
            tell: teller.ear(),
        };
        let ran = console.block_on(async {
            tokio::select! {
                ran = load::run(provider, order) => ran,
                never = teller.mind() => match never {},
            }
        });
        drop(server);
        // Written before the terminal is spoken to again: one that takes no more must not cost an hour's figures.
        let ran = ran.map(|ran| {
            ran.map(|mut run| {
                self.earlier.compare(&mut run, earlier.as_ref());
                let stored = self.store(&run, &goose_report);
                (run, stored)
            })
        });
        teller.end();
        match ran {
            Err(exit) => exit,
            Ok(Err(error)) => failed(&error, console),
            Ok(Ok((run, stored))) => {
                told(console, stored, exit_of(run.verdict), |out| report::load::render(&run, &console.style, out))
            }
        }
    }

    /// The plan that is meant.
    fn plan(&self) -> &str {
        match (&self.plan, &self.breakpoint) {
            (Some(plan), _) => plan,
            (None, Some(_)) => "breakpoint",
            (None, None) => "smoke",
        }
    }

    /// Who is loaded: the provider of the file, or the reference server in a process of its own.
    fn provider(&self, leash: &Leash, console: &Console) -> Result<(Provider, Option<Embedded>), Exit> {
        self.connect.are_for(self.provider.as_deref(), console)?;
        if let Some(path) = &self.provider {
            return Ok((self.connect.provider(path, console)?, None));
        }
        let program = std::env::current_exe().map_err(|error| console.usage(&format_args!("cannot find myself: {error}")))?;
        match Embedded::start(&program, leash) {
            Ok(server) => Ok((server.provider.clone(), Some(server))),
            Err(error) => Err(console.usage(&error)),
        }
    }

    fn store(&self, run: &LoadRun, goose_report: &Path) -> Result<Vec<PathBuf>, files::StoreError> {
        let mut written = report::load::store(run, &self.output)?;
        let html = self.output.join("goose.html");
        // An empty one is our placeholder: no user ran, so goose had nothing to report.
        if is_filled(goose_report) {
            files::replace(&html, &|out| io::copy(&mut File::open(goose_report)?, out).map(drop))?;
            written.push(html);
        } else {
            // One of an earlier run must not pass for this one's.
            drop(std::fs::remove_file(&html));
        }
        Ok(written)
    }
}

/// How a run with this verdict ends.
fn exit_of(verdict: Bearing) -> Exit {
    match verdict {
        Bearing::Held => Exit::Success,
        Bearing::Missed | Bearing::Violated | Bearing::Regressed => Exit::Failed,
        Bearing::Interrupted | Bearing::Nothing | Bearing::GeneratorBound => Exit::Incomplete,
    }
}

/// Prints what was found and which reports were written; `found` is the exit where they were.
fn told(
    console: &Console,
    stored: Result<Vec<PathBuf>, files::StoreError>,
    found: Exit,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Exit {
    let shown = console.show(|out| {
        render(out)?;
        stored.as_ref().map_or(Ok(()), |paths| console.list_reports(paths, out))
    });
    if let Err(error) = shown {
        console.error(&format_args!("cannot print what was found: {error}"));
    }
    match stored {
        Ok(_) => found,
        Err(error) => console.usage(&error),
    }
}

fn is_filled(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

/// Whether logins speak to somebody at the terminal, which a picture would be in the way of.
fn asks_at_terminal(provider: &Provider) -> bool {
    matches!(provider.login.driver, Driver::Manual)
}

fn failed(error: &LoadError, console: &Console) -> Exit {
    console.error(error);
    match error {
        LoadError::Refused(_) | LoadError::Data(_) | LoadError::Lacking { .. } | LoadError::Wire(_) => Exit::Usage,
        LoadError::Unreachable(Unreachable::NoEndpoint { .. }) => Exit::Usage,
        LoadError::Unreachable(Unreachable::NothingAnswers { .. }) | LoadError::Preparation { .. } | LoadError::Interrupted => {
            Exit::Incomplete
        }
        LoadError::Engine(_) => Exit::Bug,
    }
}

/// The first Ctrl-C or SIGTERM ends the run in good order, the second at once. One handler for the whole of the process: goose would
/// otherwise put its own in place, which leaves the embedded server running.
fn catch_signals(interrupt: CancellationToken, leash: Leash) -> Result<(), ctrlc::Error> {
    let again = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        interrupt.cancel();
        if again.swap(true, Ordering::Relaxed) {
            leash.pull();
            live::screen::give_back();
            std::process::exit(i32::from(Exit::Incomplete.code()));
        }
    })
}
