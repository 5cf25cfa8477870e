//! Which checks will run, which not, and what would make them.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::check::{Check, obstacles};
use crate::provider::Target;

/// What a run would play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many checks there are.
    pub checks: usize,
    /// How many of them would be played.
    pub plays: usize,
    /// What keeps the others away, the most frequent first.
    pub gaps: Vec<Gap>,
}

/// One thing that keeps checks away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// What is lacking, with the key that would provide it.
    pub lacks: String,
    /// How many checks lack it.
    pub checks: usize,
    /// How many lack nothing else: what the key alone would bring.
    pub alone: usize,
    /// Their ids.
    pub ids: Vec<String>,
}

impl Coverage {
    /// Of these checks on this target.
    pub fn of(checks: &[Arc<Check>], target: &Target, max_wait: Duration) -> Self {
        let mut gaps: Vec<Gap> = Vec::new();
        let mut plays = 0;
        for check in checks {
            let obstacles = obstacles(check, target, target.provider.profile, max_wait);
            plays += usize::from(obstacles.is_empty());
            let alone = usize::from(obstacles.len() == 1);
            for lacks in obstacles {
                let at = gaps.iter().position(|gap| gap.lacks == lacks).unwrap_or_else(|| {
                    gaps.push(Gap { lacks, checks: 0, alone: 0, ids: Vec::new() });
                    gaps.len() - 1
                });
                gaps[at].checks += 1;
                gaps[at].alone += alone;
                gaps[at].ids.push(check.id.clone());
            }
        }
        gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.checks), gap.lacks.clone()));
        Self { checks: checks.len(), plays, gaps }
    }
}
