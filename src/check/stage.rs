//! What the scenarios of a run share: who plays where, what was found so far, and the provider's health.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::catalog::Check;
use super::cleanup::Leftovers;
use super::health::Health;
use super::run::Options;
use super::scene::Sessions;
use super::turns::Turns;
use crate::provider::Target;
use crate::verdict::Finding;
use crate::wire::Wire;

/// Each check that is played, and on what, by id.
pub(super) type Places = BTreeMap<String, (Arc<Check>, Arc<Target>)>;

/// What the hooks share.
pub(super) struct Stage {
    /// Each check that is played, with its target.
    pub places: RefCell<Places>,
    /// The client of all.
    pub wire: Wire,
    /// How the run is played.
    pub options: Options,
    /// What was found so far.
    pub findings: RefCell<Vec<Finding>>,
    /// The browsers of the checks that share a session.
    pub sessions: Sessions,
    /// Whether the provider is still there.
    pub health: Health,
    /// What is to be revoked at the end.
    pub leftovers: Leftovers,
    /// Who waits for whom.
    pub turns: Turns,
    /// The ids of checks in which flowproof itself failed.
    pub bugs: RefCell<BTreeSet<String>>,
    /// Told of each finding.
    pub heard: Rc<dyn Fn(&Finding)>,
}

impl Stage {
    /// Tells of a finding, and keeps it.
    pub fn found(&self, finding: Finding) {
        (self.heard)(&finding);
        self.findings.borrow_mut().push(finding);
    }
}
