//! `flowproof doctor`: says what is wrong with the configuration, before anyone blames the server.

mod terminal;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use futures::future::join_all;

use super::Console;
use super::connect::{self, ConnectArgs};
use crate::check::{Catalog, Check};
use crate::doctor::{Diagnosis, Extent, Health, examine, glance};
use crate::exit::Exit;
use crate::provider::{Provider, Target};
use crate::report::text::plain;
use crate::wire::Wire;

/// Say what is wrong with a provider file, or with what is registered at the provider, before a run; 2 if something is, 3 if nothing answers
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The provider file: who is examined
    #[arg(long, value_name = "FILE")]
    provider: PathBuf,
    /// How many seconds a check may wait; a check that would wait longer will not run
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86_400))]
    max_wait: u64,
    /// Print what was found as JSON: an object, or a list of them where clients have issuers of their own
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

impl DoctorArgs {
    /// Examines the provider.
    pub fn run(self, console: &Console) -> Exit {
        let catalog = match Catalog::embedded() {
            Ok(catalog) => catalog,
            Err(error) => return console.usage(&error),
        };
        let provider = match self.connect.provider(&self.provider, console) {
            Ok(provider) => provider,
            Err(exit) => return exit,
        };
        match console.block_on(self.examine(&catalog, provider, console)) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    async fn examine(&self, catalog: &Catalog, provider: Provider, console: &Console) -> Exit {
        let wire = match connect::wire_to(&provider, console) {
            Ok(wire) => wire,
            Err(exit) => return exit,
        };
        let extent = Extent { checks: catalog.checks(), max_wait: Duration::from_secs(self.max_wait), clock: SystemTime::now };
        let sheet = terminal::Sheet { style: console.style, terse: console.quiet };
        let mut shown = Ok(());
        let mut show = |render: &dyn Fn(&mut dyn std::io::Write) -> std::io::Result<()>| {
            if !self.json && shown.is_ok() {
                shown = console.show(render);
            }
        };
        let mut diagnoses = Vec::new();
        for provider in provider.by_issuer() {
            show(&|out| sheet.heading(&provider, out));
            let diagnosis = examine(&wire, provider, &extent, &mut |remarks| show(&|out| sheet.topic(remarks, out))).await;
            show(&|out| sheet.conclusion(&diagnosis, out));
            diagnoses.push(diagnosis);
        }
        if self.json {
            shown = console.show(|out| {
                match diagnoses.as_slice() {
                    [alone] => serde_json::to_writer_pretty(&mut *out, alone)?,
                    several => serde_json::to_writer_pretty(&mut *out, several)?,
                }
                writeln!(out)
            });
        }
        if let Err(error) = shown {
            console.error(&format_args!("cannot print what was found: {error}"));
        }
        exit(&diagnoses)
    }
}

/// The longest that a run is kept from its beginning.
const GLANCE: Duration = Duration::from_secs(10);

/// The warnings that come before a run.
const SHOWN: usize = 5;

/// Warns before a run of what is plainly wrong with its configuration: the checks would blame the provider for it, or could not judge.
pub(super) async fn warn(file: &Path, targets: &[Arc<Target>], checks: &[Arc<Check>], wire: &Wire, console: &Console) {
    let glances = join_all(targets.iter().map(|target| glance(wire, target, checks)));
    let Ok(remarks) = tokio::time::timeout(GLANCE, glances).await else { return };
    let remarks = remarks.concat();
    if remarks.is_empty() {
        return;
    }
    let mut message = "the configuration looks wrong, so that findings may not be the provider's fault:".to_owned();
    for remark in remarks.iter().take(SHOWN) {
        let found = format!("{}: {}: {}", remark.topic.name(), remark.subject, remark.says);
        message.push_str(&format!("\n  ✗ {}", plain(&found)));
    }
    if remarks.len() > SHOWN {
        message.push_str(&format!("\n  and {} more", remarks.len() - SHOWN));
    }
    message.push_str(&format!("\n  see: flowproof doctor --provider {}", file.display()));
    console.warn(&message);
}

fn exit(diagnoses: &[Diagnosis]) -> Exit {
    let any = |health| diagnoses.iter().any(|diagnosis| diagnosis.health == health);
    match (any(Health::Misconfigured), any(Health::Unreachable)) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Incomplete,
        (false, false) => Exit::Success,
    }
}
