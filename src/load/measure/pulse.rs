//! How a step goes while the run is under way: counts of the whole run, ramp and warm-up included, and the seconds that are over.

use std::collections::BTreeMap;

use super::{Step, Tally};
use crate::load::fault::Fault;
use crate::verdict::Second;

/// One step of one flow, as it goes.
pub struct Pulse {
    /// The flow, by its name in the plan.
    pub flow: String,
    /// The step.
    pub step: Step,
    /// Right answers since the users began.
    pub right: u64,
    /// Wrong answers and answers that did not come since the users began, by kind.
    pub wrong: BTreeMap<Fault, u64>,
    /// The seconds that were asked for.
    pub seconds: Vec<Second>,
}

impl Pulse {
    pub(super) fn of(flow: &str, step: Step, tally: &mut Tally, from: usize, second: usize) -> Self {
        let mut wrong = tally.wrong.clone();
        for (fault, count) in &tally.wrong_before {
            *wrong.entry(fault.clone()).or_default() += count;
        }
        let right = tally.right + tally.right_before;
        Self { flow: flow.to_owned(), step, right, wrong, seconds: tally.seconds_since(from, second) }
    }
}
