//! Plays the suite under a defect: realms like the sound ones, made over the admin listener.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::matrix::Proof;
use crate::check::{self, Catalog, Check, Options};
use crate::provider::{AdminError, Target};
use crate::verdict::{Finding, Outcome};
use crate::wire::Wire;

/// Why nothing could be proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The admin listener refused.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// A target is not a realm of a reference server.
    #[error("{0} has no admin listener: only a reference server can be given a defect")]
    NoAdmin(String),
    /// flowproof itself failed under a defect.
    #[error("a bug of flowproof's own under {defect}: {checks}")]
    Bug {
        /// The defect.
        defect: String,
        /// The checks in which it showed.
        checks: String,
    },
}

/// Plays checks against realms of a reference server, sound and broken.
pub struct Prover<'a> {
    /// Every check.
    pub catalog: &'a Catalog,
    /// The client that sends.
    pub wire: &'a Wire,
    /// The sound realms.
    pub targets: &'a [Arc<Target>],
    /// Scenarios side by side.
    pub jobs: usize,
}

impl Prover<'_> {
    /// What did not pass on the sound realms, one line each. `left_out` may be not applicable, and nothing else may.
    pub async fn sound(&self, left_out: &BTreeSet<&str>) -> Result<Vec<String>, ProveError> {
        let findings = self.play("the sound server", self.catalog.checks(), self.targets).await?;
        let wrong = |finding: &&Finding| match finding.outcome {
            Outcome::Passed => false,
            Outcome::NotApplicable => !left_out.contains(finding.id.as_str()),
            Outcome::Violated | Outcome::Warned | Outcome::Noted | Outcome::Inconclusive | Outcome::Known => true,
        };
        let words = |finding: &Finding| {
            let got =
                finding.violation.as_ref().map(|violation| format!("expected {}, got {}", violation.expected, violation.got));
            format!("{} is {}: {}", finding.id, finding.outcome.name(), finding.reason.clone().or(got).unwrap_or_default())
        };
        Ok(findings.iter().filter(wrong).map(words).collect())
    }

    /// The rows of these defects, each with the checks to play under it, in their order. Several are played at once, each by a thread of its
    /// own, for one run does not use more than one core. `heard` is told of each as it is made.
    ///
    /// # Panics
    /// Outside a runtime of several threads.
    pub async fn prove_all(
        &self,
        rows: &[(String, Vec<Arc<Check>>)],
        heard: &(dyn Fn(&Proof) + Sync),
    ) -> Result<Vec<Proof>, ProveError> {
        let runtime = tokio::runtime::Handle::current();
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut proofs = Vec::new();
            while !failed.load(Ordering::Relaxed)
                && let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some((defect, checks)) = rows.get(at)
            {
                let proof = runtime.block_on(self.prove(defect, checks));
                let proof = proof.inspect(heard).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
                proofs.push((at, proof));
            }
            Ok(proofs)
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let parts: Result<Vec<Vec<(usize, Proof)>>, ProveError> = tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
            })
        });
        let mut proofs: Vec<(usize, Proof)> = parts?.into_iter().flatten().collect();
        proofs.sort_by_key(|(at, _)| *at);
        Ok(proofs.into_iter().map(|(_, proof)| proof).collect())
    }

    /// The row of one defect, from these checks: the whole suite, or a part that holds those tagged with the defect.
    pub async fn prove(&self, defect: &str, checks: &[Arc<Check>]) -> Result<Proof, ProveError> {
        let mut broken = Vec::new();
        for target in self.targets {
            let admin = target.provider.admin.as_ref().ok_or_else(|| ProveError::NoAdmin(target.provider.name.clone()))?;
            let realm = admin.realm_like(self.wire, &target.provider.name, Some(&[defect.to_owned()])).await?;
            broken.push(Arc::new(realm));
        }
        let findings = self.play(defect, checks, &broken).await;
        for target in &broken {
            if let Some(admin) = &target.provider.admin {
                admin.drop_realm(self.wire).await?;
            }
        }
        let expected = checks.iter().filter(|check| is_tagged(check, defect)).map(|check| check.id.clone()).collect();
        Ok(Proof::of(defect, expected, &findings?, checks.len() == self.catalog.checks().len()))
    }

    /// Rows for these defects: the checks that are tagged with each, and of the others those whose number is drawn. The numbers move on by
    /// one with every row, so that many rows play them all.
    pub fn sample<'d>(
        &self,
        defects: impl IntoIterator<Item = &'d str>,
        others: impl Fn(u64) -> bool,
    ) -> Vec<(String, Vec<Arc<Check>>)> {
        let row = |(row, defect): (u64, &str)| {
            let checks = (0..).zip(self.catalog.checks()).filter(|(at, check)| is_tagged(check, defect) || others(at + row));
            (defect.to_owned(), checks.map(|(_, check)| check.clone()).collect())
        };
        (0..).zip(defects).map(row).collect()
    }

    async fn play(&self, under: &str, checks: &[Arc<Check>], targets: &[Arc<Target>]) -> Result<Vec<Finding>, ProveError> {
        let options = Options { jobs: self.jobs, ..Options::default() };
        let silent = Rc::new(|_: &Finding| {});
        let played = check::run(self.catalog, checks, targets, self.wire, &options, &CancellationToken::new(), silent).await;
        if played.bugs.is_empty() {
            Ok(played.run.findings)
        } else {
            Err(ProveError::Bug { defect: under.to_owned(), checks: played.bugs.join(", ") })
        }
    }
}

/// Whether the check says that it catches the defect.
fn is_tagged(check: &Check, defect: &str) -> bool {
    check.tags.catches.iter().any(|caught| caught == defect)
}
