//! How often an invariant was looked at, and how often it did not hold.

use serde::{Deserialize, Serialize};

/// The counts of one invariant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// How often it was looked at.
    pub watched: u64,
    /// How often it did not hold.
    pub breaches: u64,
    /// How often something was seen that is allowed and worth to be known.
    pub remarks: u64,
}

impl Looked {
    /// Whether there was nothing to look at.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Adds another generator's counts.
    pub fn merge(&mut self, other: &Self) {
        self.watched += other.watched;
        self.breaches += other.breaches;
        self.remarks += other.remarks;
    }
}
