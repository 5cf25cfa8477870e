//! The defect matrix: each named defect is caught by exactly the checks that say so.
//!
//! A check that cannot fail proves nothing. So each defect is given to realms of a reference server, the suite is played on them
//! over the wire, like on anyone, and the checks that complain have to be those that are tagged with the defect: no more, no less.

mod matrix;
mod prover;
mod snapshot;

pub use matrix::{Complaint, Matrix, Proof};
pub use prover::{ProveError, Prover};
pub use snapshot::{Snapshot, SnapshotError};
