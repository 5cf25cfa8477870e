//! What one defect did to the suite, and what it should have done.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::snapshot::Snapshot;
use crate::verdict::{Finding, Kind, Outcome};

/// How a check complained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The kind of the violation.
    pub kind: Kind,
    /// The step that judged.
    pub step: String,
}

/// One defect's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The defect's name.
    pub defect: String,
    /// The checks that are tagged with it, of those that were played.
    pub expected: BTreeSet<String>,
    /// The checks that complained.
    pub caught: BTreeMap<String, Complaint>,
    /// The checks that could not be judged.
    pub inconclusive: BTreeSet<String>,
    /// Whether the whole suite was played: only then can a stray complaint be missed by no one.
    pub whole: bool,
}

impl Proof {
    /// Reads a row off the findings.
    pub fn of(defect: &str, expected: BTreeSet<String>, findings: &[Finding], whole: bool) -> Self {
        let mut proof = Self { defect: defect.to_owned(), expected, whole, ..Self::default() };
        for finding in findings {
            match finding.outcome {
                Outcome::Violated | Outcome::Warned | Outcome::Noted => {
                    if let Some(violation) = &finding.violation {
                        let complaint = Complaint { kind: violation.kind, step: violation.step.clone() };
                        proof.caught.insert(finding.id.clone(), complaint);
                    }
                }
                Outcome::Inconclusive => {
                    proof.inconclusive.insert(finding.id.clone());
                }
                Outcome::Passed | Outcome::NotApplicable | Outcome::Known => {}
            }
        }
        proof
    }

    /// The checks that are tagged with the defect and did not see it.
    pub fn missed(&self) -> Vec<&str> {
        self.expected.iter().filter(|id| !self.caught.contains_key(*id)).map(String::as_str).collect()
    }

    /// The checks that complained and are not tagged with it.
    pub fn stray(&self) -> Vec<&str> {
        self.caught.keys().filter(|id| !self.expected.contains(*id)).map(String::as_str).collect()
    }

    /// Whether some check is tagged with it, and the complaints equal the tags.
    pub fn holds(&self) -> bool {
        !self.expected.is_empty() && self.missed().is_empty() && self.stray().is_empty()
    }
}

/// Every row, and what the sound server had to say.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Checks that did not pass on the sound server, with the reason.
    pub unsound: Vec<String>,
    /// One row a defect.
    pub proofs: Vec<Proof>,
}

impl Matrix {
    /// What is wrong with it, one line each; nothing when the proof holds.
    pub fn faults(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut faults: Vec<String> = self.unsound.iter().map(|what| format!("on the sound server: {what}")).collect();
        for proof in &self.proofs {
            let defect = &proof.defect;
            if proof.expected.is_empty() {
                faults.push(format!("{defect}: no check is tagged @catches:{defect}"));
            }
            faults.extend(proof.missed().into_iter().map(|id| format!("{defect}: {id} is tagged with it and does not see it")));
            faults.extend(proof.stray().into_iter().map(|id| format!("{defect}: {id} complains and is not tagged with it")));
            faults.extend(snapshot.drift(proof));
        }
        faults
    }

    /// Prints the matrix.
    pub fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.proofs.iter().map(|proof| proof.defect.len()).max().unwrap_or_default();
        for proof in &self.proofs {
            let mark = if proof.holds() { "caught" } else { "NOT PROVEN" };
            let by: Vec<&str> = proof.caught.keys().map(String::as_str).collect();
            write!(out, "{:width$}  {mark:10}  {}", proof.defect, by.join(" "))?;
            match proof.inconclusive.len() {
                0 => writeln!(out)?,
                more => writeln!(out, "  ({more} inconclusive)")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(expected: &[&str], caught: &[&str]) -> Proof {
        let complaint = Complaint { kind: Kind::Accepted, step: "Then it is refused".to_owned() };
        Proof {
            defect: "opens-the-door".to_owned(),
            expected: expected.iter().map(|id| (*id).to_owned()).collect(),
            caught: caught.iter().map(|id| ((*id).to_owned(), complaint.clone())).collect(),
            inconclusive: BTreeSet::new(),
            whole: true,
        }
    }

    #[test]
    fn a_proof_holds_only_when_complaints_and_tags_are_equal_and_not_empty() {
        assert!(proof(&["a"], &["a"]).holds());
        for (expected, caught) in [(&["a", "b"][..], &["a"][..]), (&["a"], &["a", "b"]), (&[], &[])] {
            assert!(!proof(expected, caught).holds(), "{expected:?} {caught:?}");
        }
    }
}
