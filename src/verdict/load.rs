//! What a load run measured: plain data that merges without loss, so that one run may be spread over several generators.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::Exchange;

/// A run of `load`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadRun {
    /// The version of flowproof.
    pub flowproof: String,
    /// When the users began, RFC 3339, UTC.
    pub started: String,
    /// The provider's name.
    pub provider: String,
    /// The issuer that bore the load.
    pub issuer: String,
    /// What was asked of the run.
    pub plan: PlanSummary,
    /// What was made before the clock started, and is not measured.
    pub prepared: Preparation,
    /// Seconds of the hold that were measured; 0 when the run ended within the ramp.
    pub held_seconds: f64,
    /// What every step of every flow bore, in the plan's order.
    pub steps: Vec<Measurement>,
    /// Refresh chains that broke.
    pub chains: Chains,
    /// What the watch for repeated tokens and codes covered.
    pub watch: Watch,
    /// Each threshold and whether it holds.
    pub thresholds: Vec<ThresholdResult>,
    /// Whether Ctrl-C or a signal cut the run short.
    pub interrupted: bool,
    /// What the run says of the provider.
    pub verdict: Bearing,
}

/// The parts of a plan that a reader of a report needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// The shipped plan's name, or the file's path.
    pub name: String,
    /// Users at once.
    pub users: usize,
    /// Milliseconds in which the users start.
    pub ramp_millis: u64,
    /// Milliseconds for which all of them run.
    pub hold_millis: u64,
    /// Milliseconds after which an answer counts as not come.
    pub timeout_millis: u64,
}

/// What was made before the clock started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparation {
    /// Refresh chains begun by a whole login each.
    pub chains: usize,
    /// How long that took, in milliseconds.
    pub millis: u64,
}

/// Refresh chains that broke while they were used; none is retried blindly, for a retry is a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chains {
    /// Chains that broke, by the error that broke them.
    pub lost: BTreeMap<String, u64>,
    /// Chains begun anew by a login outside the measurement.
    pub reseeded: u64,
    /// Logins for that which failed.
    pub not_reseeded: u64,
}

impl Chains {
    /// Adds another generator's chains.
    pub fn merge(&mut self, other: &Self) {
        for (cause, count) in &other.lost {
            *self.lost.entry(cause.clone()).or_default() += count;
        }
        self.reseeded += other.reseeded;
        self.not_reseeded += other.not_reseeded;
    }
}

/// How many tokens and codes the watch for repeated ones remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// 64-bit fingerprints kept.
    pub kept: u64,
    /// The most that are kept.
    pub limit: u64,
    /// Tokens and codes that came when the watch was full and were not compared with later ones.
    pub left_out: u64,
}

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

/// A histogram of durations in microseconds, three significant digits, as its non-empty buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// The highest duration of each bucket and how many fell into it, ascending.
    pub buckets: Vec<(u64, u64)>,
    /// The longest duration, exact; 0 when there is none.
    pub max: u64,
    /// The sum of all durations.
    pub sum: u64,
}

impl Latency {
    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The duration that this share (0 to 1) of all durations does not exceed, in microseconds.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let total = self.count();
        let rank = ((share * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0;
        self.buckets.iter().find_map(|(highest, count)| {
            seen += count;
            (seen >= rank).then_some((*highest).min(self.max))
        })
    }

    /// The mean duration, in microseconds.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum as f64 / count as f64)
    }

    /// Adds another histogram's durations.
    pub fn merge(&mut self, other: &Self) {
        let mut merged = Vec::with_capacity(self.buckets.len().max(other.buckets.len()));
        let (mut mine, mut theirs) = (self.buckets.iter().peekable(), other.buckets.iter().peekable());
        loop {
            let next = match (mine.peek(), theirs.peek()) {
                (Some(&&(left, _)), Some(&&(right, _))) => left.min(right),
                (Some(&&(only, _)), None) | (None, Some(&&(only, _))) => only,
                (None, None) => break,
            };
            let mut count = 0;
            for side in [&mut mine, &mut theirs] {
                if let Some((_, more)) = side.next_if(|(highest, _)| *highest == next) {
                    count += more;
                }
            }
            merged.push((next, count));
        }
        self.buckets = merged;
        self.max = self.max.max(other.max);
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// A threshold and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// The flow that it is for; none means the whole run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flow: Option<String>,
    /// The threshold, such as `p99 < 50ms`.
    pub threshold: String,
    /// What was measured, in the same unit.
    pub measured: String,
    /// Whether it holds; none where the run was cut short before it could be judged.
    pub holds: Option<bool>,
}

/// What a load run says of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// Every threshold holds.
    Held,
    /// A threshold is missed.
    Missed,
    /// The run was cut short before a threshold was missed.
    Interrupted,
    /// Nothing was measured, or nothing ever answered.
    Nothing,
}

impl Bearing {
    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Interrupted => "interrupted",
            Self::Nothing => "no answer",
        }
    }
}

/// Microseconds in the unit that a reader would choose, three significant digits.
pub fn micros_in_words(micros: f64) -> String {
    let (value, unit) = match micros {
        tiny if tiny < 999.5 => return format!("{tiny:.0}µs"),
        small if small < 999_500.0 => (small / 1e3, "ms"),
        large => (large / 1e6, "s"),
    };
    let decimals = match value {
        one if one < 9.995 => 2,
        ten if ten < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_shown_in_the_unit_that_fits_with_three_digits() {
        let shown = [420.0, 999.6, 4_200.0, 42_040.0, 99_960.0, 420_000.0, 999_600.0, 42e6].map(micros_in_words);
        assert_eq!(shown, ["420µs", "1.00ms", "4.20ms", "42.0ms", "100ms", "420ms", "1.00s", "42.0s"]);
    }

    fn of(values: &[(u64, u64)]) -> Latency {
        let max = values.last().map_or(0, |(value, _)| *value);
        Latency { buckets: values.to_vec(), max, sum: values.iter().map(|(value, count)| value * count).sum() }
    }

    #[test]
    fn a_merge_is_what_one_histogram_of_both_would_be() {
        let mut left = of(&[(10, 1), (30, 2)]);
        left.merge(&of(&[(10, 4), (20, 1), (50, 1)]));
        assert_eq!(left, of(&[(10, 5), (20, 1), (30, 2), (50, 1)]));
    }

    #[test]
    fn quantiles_are_the_values_that_the_share_does_not_exceed() {
        let latency = of(&[(10, 90), (20, 9), (1000, 1)]);
        let at = |share| latency.quantile(share).expect("there are durations");
        assert_eq!([at(0.0), at(0.5), at(0.9), at(0.99), at(0.999), at(1.0)], [10, 10, 10, 20, 1000, 1000]);
        assert_eq!(Latency::default().quantile(0.5), None);
        assert_eq!(Latency::default().mean(), None);
    }

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
