//! What one step of one flow bore.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Latency, Packed};
use crate::protocol::Exchange;

/// What one step of one flow bore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// The flow, by its name in the plan.
    pub flow: String,
    /// The step within the flow.
    pub step: String,
    /// Answers of the hold that are right in every respect that is looked at.
    pub right: u64,
    /// Answers of the hold that are wrong, and answers that did not come, by kind.
    pub wrong: BTreeMap<String, u64>,
    /// The first exchange of each of these kinds, as it may be shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub examples: BTreeMap<String, Exchange>,
    /// Requests under way when the run was cut short; they count as neither.
    pub unfinished: u64,
    /// Of all answers, those that came within the hold: the rate is theirs.
    pub in_hold: u64,
    /// Right answers of ramp and warm-up, which nothing else counts.
    #[serde(default)]
    pub right_before: u64,
    /// Wrong answers of ramp and warm-up.
    #[serde(default)]
    pub wrong_before: u64,
    /// Over all answers of the hold, right or wrong, to the last octet of the body: from the intended start where the plan has an arrival
    /// rate (the *response time*), from the send where it has none.
    pub latency: Latency,
    /// From the send to the last octet of the body (the *service time*), where the plan has an arrival rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<Latency>,
    /// What came in each second since the users began, ramp and warm-up included.
    pub seconds: Vec<Second>,
}

/// What came in one second; in JSON an array of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u32, u32, Packed)", into = "(u32, u32, Packed)")]
pub struct Second {
    /// Right answers.
    pub right: u32,
    /// Wrong answers, and answers that did not come.
    pub wrong: u32,
    /// The latency of these answers, measured as [`Measurement::latency`].
    pub latency: Packed,
}

impl From<(u32, u32, Packed)> for Second {
    fn from((right, wrong, latency): (u32, u32, Packed)) -> Self {
        Self { right, wrong, latency }
    }
}

impl From<Second> for (u32, u32, Packed) {
    fn from(Second { right, wrong, latency }: Second) -> Self {
        (right, wrong, latency)
    }
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

    /// All requests that were sent, whenever: what a server would have counted, less those that it never saw.
    pub fn sent(&self) -> u64 {
        self.count() + self.right_before + self.wrong_before + self.unfinished
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
        self.right_before += other.right_before;
        self.wrong_before += other.wrong_before;
        self.latency.merge(&other.latency);
        match (&mut self.service, &other.service) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            (None, theirs) => self.service = theirs.clone(),
            (Some(_), None) => {}
        }
        if self.seconds.len() < other.seconds.len() {
            self.seconds.resize(other.seconds.len(), Second::default());
        }
        for (mine, theirs) in self.seconds.iter_mut().zip(&other.seconds) {
            mine.right += theirs.right;
            mine.wrong += theirs.wrong;
            mine.latency.merge(&theirs.latency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_merge_seconds_of_different_length() {
        let second = |right, wrong| Second { right, wrong, latency: Packed::default() };
        let mut one = Measurement { right: 2, seconds: vec![second(1, 0), second(1, 0)], ..Measurement::default() };
        let wrong = BTreeMap::from([("timed out".to_owned(), 3)]);
        let other = Measurement { wrong, seconds: vec![second(0, 1), second(0, 1), second(0, 1)], ..Measurement::default() };
        one.merge(&other);
        assert_eq!((one.count(), one.errors()), (5, 3));
        assert_eq!(one.seconds, [second(1, 1), second(1, 1), second(0, 1)]);
    }
}
