//! Durations as a histogram of plain data, and in words.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Significant digits of every histogram; all have the same, so that they merge without loss.
const DIGITS: u8 = 3;

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
    /// An empty histogram that grows with its values, with the digits that all of them have.
    pub fn histogram() -> Histogram<u64> {
        Histogram::new(DIGITS).expect("three digits are within what a histogram takes")
    }

    /// What a histogram holds; `max` and `sum` are what it cannot know exactly.
    pub fn of(histogram: &Histogram<u64>, max: u64, sum: u64) -> Self {
        let buckets = histogram.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value())).collect();
        Self { buckets, max, sum }
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
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

    /// What came after an earlier look at the same durations; `max` and `sum` are as exact as the buckets.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut before = earlier.buckets.iter().peekable();
        let mut buckets = self.buckets.clone();
        for (highest, count) in &mut buckets {
            if let Some((_, gone)) = before.next_if(|(other, _)| other == highest) {
                *count = count.saturating_sub(*gone);
            }
        }
        buckets.retain(|(_, count)| *count > 0);
        Self { max: buckets.last().map_or(0, |(highest, _)| *highest), sum: self.sum.saturating_sub(earlier.sum), buckets }
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
    fn what_came_since_an_earlier_look_is_what_was_added_to_it() {
        let (earlier, more) = (of(&[(10, 5), (30, 2)]), of(&[(10, 1), (20, 3)]));
        let mut now = earlier.clone();
        now.merge(&more);
        assert_eq!((now.since(&earlier), now.since(&now)), (more, Latency::default()));
    }

    #[test]
    fn quantiles_are_the_values_that_the_share_does_not_exceed() {
        let latency = of(&[(10, 90), (20, 9), (1000, 1)]);
        let at = |share| latency.quantile(share).expect("there are durations");
        assert_eq!([at(0.0), at(0.5), at(0.9), at(0.99), at(0.999), at(1.0)], [10, 10, 10, 20, 1000, 1000]);
        assert_eq!(Latency::default().quantile(0.5), None);
        assert_eq!(Latency::default().mean(), None);
    }
}
