//! `flowproof load merge`: one report of the runs of all shards of a plan.

use std::path::{Path, PathBuf};

use clap::Args;

use super::earlier::EarlierArgs;
use super::{Console, exit_of, told};
use crate::exit::Exit;
use crate::load::{Part, merge};
use crate::report::{self, files};

/// Make one report of the runs of all shards of a plan: counts and histograms add up without loss, and the thresholds are judged on the whole
#[derive(Debug, Args)]
#[command(after_long_help = "\
Each machine runs its part, at the same time as the others:
  flowproof load --provider FILE --plan PLAN --shard 1/2 --output shard-1
  flowproof load --provider FILE --plan PLAN --shard 2/2 --output shard-2
and one of them has all reports:
  flowproof load merge shard-1 shard-2
It ends as a run of the whole would have: a breach in one shard is one of the whole, and so is a generator that held its part back.")]
pub struct MergeArgs {
    /// The report of each shard: the folder that `load --output` wrote, or its report.json
    #[arg(value_name = "DIR", required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    earlier: EarlierArgs,
    /// Where to write report.json, report.txt, report.html, series.csv and latency.hlog
    #[arg(long, value_name = "DIR", default_value = "reports/load/merged")]
    output: PathBuf,
}

impl MergeArgs {
    /// Merges, prints and writes.
    pub fn run(&self, console: &Console) -> Exit {
        let mut parts = Vec::new();
        for path in &self.parts {
            let path = if path.is_dir() { path.join("report.json") } else { path.clone() };
            if is_in(&path, &self.output) {
                let name = path.display();
                return console.usage(&format_args!("{name} would be written over: name another folder with --output"));
            }
            match report::load::read(&path) {
                Ok(run) => parts.push(Part { name: path.display().to_string(), run }),
                Err(error) => return console.usage(&error),
            }
        }
        let earlier = match self.earlier.read() {
            Ok(earlier) => earlier,
            Err(error) => return console.usage(&error),
        };
        let mut run = match merge(parts) {
            Ok(run) => run,
            Err(error) => return console.usage(&error),
        };
        self.earlier.compare(&mut run, earlier.as_ref());
        let stored = files::writable(&self.output).and_then(|()| report::load::store(&run, &self.output));
        told(console, stored, exit_of(run.verdict), |out| report::load::render(&run, &console.style, out))
    }
}

/// Whether a file stands in this folder, however both are spelled.
fn is_in(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let folder = real(folder);
    folder.is_some()
        && file.parent().and_then(|parent| real(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })) == folder
}
