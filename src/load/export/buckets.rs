//! Our histograms in the two forms that others have: buckets with bounds that everybody shares, and exponential ones.

use crate::verdict::Latency;

/// The upper bounds of the buckets, in microseconds: those that OpenTelemetry advises for HTTP, carried on to what a token takes on one machine
/// and to the longest time-outs. They are the same in every run, so that generators and runs add up.
pub const BOUNDS: [u64; 23] = [
    100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 25_000, 50_000, 75_000, 100_000, 250_000, 500_000, 750_000,
    1_000_000, 2_500_000, 5_000_000, 7_500_000, 10_000_000, 30_000_000, 60_000_000,
];

/// The most buckets of an exponential histogram, as OpenTelemetry has it.
const MOST_BUCKETS: i32 = 160;

/// The finest scale: each bucket is 0.27% wider than the one before, and ours are 0.1% wide. Prometheus knows no finer one either.
const FINEST: i32 = 8;

/// Microseconds as seconds.
pub fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// How many durations lie in the bucket below each of [`BOUNDS`], and beyond the last.
pub fn explicit(latency: &Latency) -> [u64; BOUNDS.len() + 1] {
    let mut counts = [0; BOUNDS.len() + 1];
    for (micros, count) in values(latency) {
        counts[BOUNDS.partition_point(|bound| *bound < micros)] += count;
    }
    counts
}

/// Each duration as the report has it, with how often it came: to three significant digits.
fn values(latency: &Latency) -> impl Iterator<Item = (u64, u64)> {
    latency.buckets.iter().map(|(highest, count)| ((*highest).min(latency.max), *count))
}

/// An exponential histogram: bucket `i` lies above base^(`offset` + `i`) seconds and reaches to base^(`offset` + `i` + 1), base being 2^(2^-`scale`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exponential {
    /// How fine it is.
    pub scale: i32,
    /// The index of the first bucket.
    pub offset: i32,
    /// The buckets.
    pub counts: Vec<u64>,
    /// Durations of nothing.
    pub zeros: u64,
}

/// The finest exponential histogram that has not too many buckets.
pub fn exponential(latency: &Latency) -> Exponential {
    let index = |micros: u64| (seconds(micros).log2() * f64::from(1 << FINEST)).ceil() as i32 - 1;
    let zeros = values(latency).filter(|(micros, _)| *micros == 0).map(|(_, count)| count).sum();
    let indices: Vec<(i32, u64)> =
        values(latency).filter(|(micros, _)| *micros > 0).map(|(micros, count)| (index(micros), count)).collect();
    let (Some((first, _)), Some((last, _))) = (indices.first(), indices.last()) else {
        return Exponential { scale: 0, offset: 0, counts: Vec::new(), zeros };
    };
    // Two buckets of a scale are one of the next coarser one.
    let coarser = (0..).find(|by| (last >> by) - (first >> by) < MOST_BUCKETS).expect("all of them are one at last");
    let offset = first >> coarser;
    let mut counts = vec![0; ((last >> coarser) - offset) as usize + 1];
    for (index, count) in &indices {
        counts[((index >> coarser) - offset) as usize] += count;
    }
    Exponential { scale: FINEST - coarser, offset, counts, zeros }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: &[u64]) -> Latency {
        let mut histogram = Latency::histogram();
        micros.iter().for_each(|micros| histogram.record(*micros).expect("it grows"));
        Latency::of(&histogram, micros.iter().copied().max().unwrap_or_default(), micros.iter().sum())
    }

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let counts = explicit(&of(&[99, 100, 101, 250, 1_000, 1_001, 70_000_000]));
        assert_eq!(counts[..6], [2, 2, 0, 0, 1, 1]);
        assert_eq!((counts[BOUNDS.len()], counts.iter().sum::<u64>()), (1, 7));
    }

    #[test]
    fn bounds_ascend() {
        assert!(BOUNDS.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn every_duration_lies_within_its_exponential_bucket() {
        for spread in [&[512_u64][..], &[300, 301, 302], &[180, 2_000, 45_000], &[1, 5, 100, 86_400_000_000], &[1_000_000]] {
            let latency = of(spread);
            let told = exponential(&latency);
            assert!(told.counts.len() <= MOST_BUCKETS as usize && told.scale <= FINEST, "{told:?}");
            assert_eq!(told.counts.iter().sum::<u64>(), spread.len() as u64);
            let base = 2_f64.powf(2_f64.powi(-told.scale));
            for (micros, _) in values(&latency) {
                let reached = |at: &usize| seconds(micros) <= base.powi(told.offset + *at as i32 + 1) * (1.0 + 1e-9);
                let at = (0..told.counts.len()).find(reached).expect("it lies in one");
                let from = base.powi(told.offset + at as i32);
                assert!(told.counts[at] > 0 && from < seconds(micros) * (1.0 + 1e-9), "{micros} in {told:?}");
            }
        }
    }

    #[test]
    fn a_spread_is_told_as_finely_as_it_can_be() {
        assert_eq!(exponential(&of(&[1_000, 1_100])).scale, FINEST);
        // Ten octaves: sixteen buckets each are not too many, 32 are.
        assert_eq!(exponential(&of(&[1_000, 1_000_000])).scale, 4);
        assert_eq!(exponential(&of(&[])), Exponential { scale: 0, offset: 0, counts: Vec::new(), zeros: 0 });
        assert_eq!(exponential(&of(&[0, 0])).zeros, 2);
    }
}
