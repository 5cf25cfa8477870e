//! What one step of one flow bore.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Latency;
use crate::protocol::Exchange;

/// What one step of one flow bore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// The flow, by its name in the plan.
    pub flow: String,
    /// The step within the flow.
    pub step: String,
    /// Answers that are right in every respect that is looked at.
    pub right: u64,
    /// Answers that are wrong, and answers that did not come, by kind.
    pub wrong: BTreeMap<String, u64>,
    /// The first exchange of each of these kinds, as it may be shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub examples: BTreeMap<String, Exchange>,
    /// Requests under way when the run was cut short; they count as neither.
    pub unfinished: u64,
    /// Of all answers, those that came within the hold: the rate is theirs.
    pub in_hold: u64,
    /// From the send to the last octet of the body, over all answers, right or wrong.
    pub latency: Latency,
    /// Right and wrong answers in each second since the users began.
    pub seconds: Vec<(u32, u32)>,
}

impl Measurement {
    /// Right and wrong answers.
    pub fn count(&self) -> u64 {
        self.right + self.errors()
    }

    /// Wrong answers and answers that did not come.
    pub fn errors(&self) -> u64 {
        self.wrong.values().sum()
    }

    /// The share of errors, from 0 to 1; 0 when nothing was counted.
    pub fn error_share(&self) -> f64 {
        if self.count() == 0 { 0.0 } else { self.errors() as f64 / self.count() as f64 }
    }

    /// Answers per second of the hold, where there was one.
    pub fn rate(&self, held_seconds: f64) -> Option<f64> {
        (held_seconds > 0.0).then(|| self.in_hold as f64 / held_seconds)
    }

    /// Adds another measurement of the same or of another step.
    pub fn merge(&mut self, other: &Self) {
        self.right += other.right;
        for (kind, count) in &other.wrong {
            *self.wrong.entry(kind.clone()).or_default() += count;
        }
        for (kind, example) in &other.examples {
            self.examples.entry(kind.clone()).or_insert_with(|| example.clone());
        }
        self.unfinished += other.unfinished;
        self.in_hold += other.in_hold;
        self.latency.merge(&other.latency);
        if self.seconds.len() < other.seconds.len() {
            self.seconds.resize(other.seconds.len(), (0, 0));
        }
        for (mine, theirs) in self.seconds.iter_mut().zip(&other.seconds) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_merge_seconds_of_different_length() {
        let mut one = Measurement { right: 2, seconds: vec![(1, 0), (1, 0)], ..Measurement::default() };
        let wrong = BTreeMap::from([("timed out".to_owned(), 3)]);
        let other = Measurement { wrong, seconds: vec![(0, 1), (0, 1), (0, 1)], ..Measurement::default() };
        one.merge(&other);
        assert_eq!((one.count(), one.errors()), (5, 3));
        assert_eq!(one.seconds, [(1, 1), (1, 1), (0, 1)]);
    }
}
