//! The committed picture of the matrix: for each defect who complains, how, at which step, and what can no longer be judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::matrix::{Complaint, Proof};

/// The picture, by defect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot(BTreeMap<String, Row>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    caught: BTreeMap<String, Complaint>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    inconclusive: BTreeSet<String>,
}

/// Why the snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the proof's snapshot cannot be read: {0}")]
pub struct SnapshotError(#[from] serde_json::Error);

const EMBEDDED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/features/proof.json"));

impl Snapshot {
    /// The snapshot that is built in.
    pub fn embedded() -> Result<Self, SnapshotError> {
        Self::read(EMBEDDED)
    }

    /// A snapshot as JSON.
    pub fn read(text: &str) -> Result<Self, SnapshotError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The picture of these rows over what was known of others.
    #[must_use]
    pub fn with(mut self, proofs: &[Proof]) -> Self {
        for proof in proofs {
            let row = Row { caught: proof.caught.clone(), inconclusive: proof.inconclusive.clone() };
            self.0.insert(proof.defect.clone(), row);
        }
        self
    }

    /// Drops the rows of defects that are gone.
    #[must_use]
    pub fn only(mut self, defects: &BTreeSet<String>) -> Self {
        self.0.retain(|defect, _| defects.contains(defect));
        self
    }

    /// As JSON, one line a fact, so that a change reads well in review.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("maps of strings serialise") + "\n"
    }

    /// How a row differs from the picture, one line each.
    pub fn drift(&self, proof: &Proof) -> Vec<String> {
        let defect = &proof.defect;
        let bless = "if that is meant, run `flowproof prove --bless`";
        let Some(row) = self.0.get(defect) else {
            return vec![format!("{defect}: not in the snapshot; {bless}")];
        };
        let mut drift = Vec::new();
        for (id, complaint) in &proof.caught {
            match row.caught.get(id) {
                Some(known) if known != complaint => drift.push(format!(
                    "{defect}: {id} complains at {:?} ({}), in the snapshot at {:?} ({}); {bless}",
                    complaint.step,
                    complaint.kind.name(),
                    known.step,
                    known.kind.name()
                )),
                Some(_) | None => {}
            }
        }
        for id in proof.inconclusive.difference(&row.inconclusive) {
            drift.push(format!("{defect}: {id} can no longer be judged under it; {bless}"));
        }
        if proof.whole {
            for id in row.inconclusive.difference(&proof.inconclusive) {
                drift.push(format!("{defect}: {id} is inconclusive in the snapshot and was judged; {bless}"));
            }
        }
        drift
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Kind;

    #[test]
    fn what_becomes_inconclusive_may_not_drift() {
        let mut proof = Proof { defect: "d".to_owned(), whole: true, ..Proof::default() };
        proof.caught.insert("a/b".to_owned(), Complaint { kind: Kind::Accepted, step: "Then no".to_owned() });
        proof.inconclusive.insert("a/c".to_owned());
        let snapshot = Snapshot::default().with(std::slice::from_ref(&proof));
        assert!(snapshot.drift(&proof).is_empty());
        let read = Snapshot::read(&snapshot.to_json()).expect("its own JSON");
        assert_eq!(read, snapshot);

        let mut more = proof.clone();
        more.inconclusive.insert("a/d".to_owned());
        assert_eq!(snapshot.drift(&more).len(), 1);
        let mut fewer = proof.clone();
        fewer.inconclusive.clear();
        assert_eq!(snapshot.drift(&fewer).len(), 1);
        let mut other = proof;
        other.caught.insert("a/b".to_owned(), Complaint { kind: Kind::Crashed, step: "Then no".to_owned() });
        assert_eq!(snapshot.drift(&other).len(), 1);
    }
}
