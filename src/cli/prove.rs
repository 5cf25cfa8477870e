//! `flowproof prove`: plays the suite under each defect, prints the matrix, and says whether it holds.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr as _;

use clap::Args;

use super::{Console, connect, embedded};
use crate::check::Catalog;
use crate::exit::Exit;
use crate::load::Shard;
use crate::prove::{Matrix, Proof, ProveError, Prover, Snapshot};
use crate::report::files;
use crate::server::defect;
use crate::verdict::Outcome;
use crate::wire::Connect;

/// Prove that the checks can fail: play them under each defect of the reference server
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// Only this defect; may be repeated
    #[arg(long = "defect", value_name = "NAME", value_delimiter = ',')]
    defects: Vec<String>,
    /// How many scenarios run side by side
    #[arg(long, value_name = "N", default_value = "16")]
    jobs: NonZeroUsize,
    /// Beside the checks that are tagged with a defect, play only this part of the others, and with the next defect the next part:
    /// `1/4` plays a quarter of them
    #[arg(long, value_name = "PART", value_parser = Shard::from_str)]
    others: Option<Shard>,
    /// Write what was seen into the snapshot, to be reviewed and committed
    #[arg(long, conflicts_with = "others")]
    bless: bool,
    /// The snapshot's file; without it the built-in one is read
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
}

/// Where `--bless` writes in a checkout.
const SNAPSHOT: &str = "features/proof.json";

/// Checks that no realm of the embedded server can satisfy, each with its reason.
pub const LEFT_OUT: &[(&str, &str)] = &[];

impl ProveArgs {
    /// Proves.
    pub fn run(self, console: &Console) -> Exit {
        match console.block_on(self.prove(console)) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    async fn prove(&self, console: &Console) -> Exit {
        let catalog = match Catalog::embedded() {
            Ok(catalog) => catalog,
            Err(error) => return console.usage(&error),
        };
        let known: BTreeSet<String> = defect::all().iter().map(|info| info.name.to_string()).collect();
        if let Err(message) = embedded::known(&self.defects) {
            return console.usage(&message);
        }
        if let Some(unknown) = catalog.defects().into_iter().find(|name| !known.contains(*name)) {
            return console
                .usage(&format_args!("a check is tagged @catches:{unknown}, and the reference server has no such defect"));
        }
        let snapshot = match self.read_snapshot() {
            Ok(snapshot) => snapshot,
            Err(message) => return console.usage(&message),
        };
        let matrix = match self.matrix(&catalog, &known, console).await {
            Ok(matrix) => matrix,
            Err(exit) => return exit,
        };
        if self.bless {
            let path = self.snapshot.clone().unwrap_or_else(|| PathBuf::from(SNAPSHOT));
            let blessed = snapshot.with(&matrix.proofs).only(&known);
            if let Err(error) = files::replace(&path, &|out| out.write_all(blessed.to_json().as_bytes())) {
                return console.usage(&error);
            }
            return self.tell(&matrix, &blessed, console);
        }
        self.tell(&matrix, &snapshot, console)
    }

    async fn matrix(&self, catalog: &Catalog, known: &BTreeSet<String>, console: &Console) -> Result<Matrix, Exit> {
        let wire = connect::wire(Connect::default(), console)?;
        let server = embedded::serve(&[]).await.map_err(|message| console.usage(&message))?;
        let targets = embedded::targets(&server, &wire).await.map_err(|message| console.usage(&message))?;
        let prover = Prover { catalog, wire: &wire, targets: &targets, jobs: self.jobs.get() };
        let failed = |error: ProveError| {
            console.error(&error);
            match error {
                ProveError::Bug { .. } => Exit::Bug,
                ProveError::Admin(_) | ProveError::NoAdmin(_) => Exit::Incomplete,
            }
        };
        let left_out = LEFT_OUT.iter().map(|(id, _)| *id).collect();
        let unsound = prover.sound(&left_out).await.map_err(failed)?;
        let chosen = known.iter().filter(|name| self.defects.is_empty() || self.defects.contains(name));
        let rows = prover.sample(chosen.map(String::as_str), |at| self.others.is_none_or(|part| part.has(at)));
        let progress = console.progress(rows.len(), "defects");
        let heard = |proof: &Proof| progress.done(if proof.holds() { Outcome::Passed } else { Outcome::Violated }, &proof.defect);
        let proofs = prover.prove_all(&rows, &heard).await.map_err(failed)?;
        progress.finish();
        server.stop().await;
        Ok(Matrix { unsound, proofs })
    }

    fn read_snapshot(&self) -> Result<Snapshot, String> {
        match &self.snapshot {
            None => Snapshot::embedded().map_err(|error| error.to_string()),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                Snapshot::read(&text).map_err(|error| format!("{}: {error}", path.display()))
            }
        }
    }

    fn tell(&self, matrix: &Matrix, snapshot: &Snapshot, console: &Console) -> Exit {
        let faults = matrix.faults(snapshot);
        let shown = console.show(|out| {
            matrix.render(out)?;
            if !faults.is_empty() {
                writeln!(out)?;
            }
            for fault in &faults {
                writeln!(out, "{fault}")?;
            }
            let proven = matrix.proofs.iter().filter(|proof| proof.holds()).count();
            writeln!(out, "\n{proven} of {} defects are caught by exactly the checks that say so", matrix.proofs.len())?;
            match self.others {
                Some(part) if !part.is_whole() => writeln!(out, "beside them, part {part} of the others was played"),
                Some(_) | None => Ok(()),
            }
        });
        if let Err(error) = shown {
            console.error(&format_args!("cannot print the matrix: {error}"));
        }
        if faults.is_empty() { Exit::Success } else { Exit::Failed }
    }
}
