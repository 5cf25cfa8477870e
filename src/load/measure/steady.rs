//! Whether rate and latency still drift: a trend over windows that is both beyond chance and large enough to matter.

use super::Glance;
use crate::verdict::Steadiness;

/// Windows that a trend is looked for in.
const WINDOWS: usize = 12;

/// The fewest seconds that can be judged.
pub const FEWEST_SECONDS: usize = 12;

/// The fewest answers of a window whose median means something.
const FEWEST_ANSWERS: u64 = 5;

/// A change over the windows that is smaller is no drift.
const TOLERANCE: f64 = 0.05;

/// Of the pairs of windows, how many more have to rise than fall (or the reverse) that chance hardly does it: 1 in 1000 for twelve.
const BEYOND_CHANCE: f64 = 0.65;

/// A later half that drifts by more than this share of what the earlier one did shows no end.
const SETTLES: f64 = 0.8;

/// A figure over the windows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trend {
    /// The change from the first window to the last, as a share of the median.
    change: f64,
    /// Of that, the part in the later half.
    later: f64,
}

/// Judges the seconds of a hold under a constant load, or the last of a warm-up; one row of seconds per step of the plan.
///
/// `has_rate` says that the rate is the provider's, and not the plan's.
pub fn judge(steps: &[Vec<Glance>], has_rate: bool) -> Steadiness {
    let seconds = steps.iter().map(Vec::len).max().unwrap_or_default();
    if seconds < FEWEST_SECONDS {
        return Steadiness::Untold;
    }
    let width = seconds / WINDOWS;
    // The first seconds are left out where the windows do not fill the time.
    let first = seconds - width * WINDOWS;
    let window = |step: &[Glance], at: usize| -> (u64, f64) {
        let part = step.iter().skip(first + at * width).take(width).filter(|second| second.count > 0);
        let count: u64 = part.clone().map(|second| u64::from(second.count)).sum();
        let weighted: f64 = part.map(|second| second.p50 as f64 * f64::from(second.count)).sum();
        (count, if count == 0 { 0.0 } else { weighted / count as f64 })
    };
    let mut told = false;
    let mut worst: Option<(String, Trend)> = None;
    let mut note = |name: &str, values: Vec<f64>| {
        told = true;
        if let Some(trend) = trend(&values)
            && worst.as_ref().is_none_or(|(_, other)| other.change.abs() < trend.change.abs())
        {
            let verb = if trend.change > 0.0 { "rose" } else { "fell" };
            worst = Some((format!("the {name} {verb} by {:.0}%", trend.change.abs() * 100.0), trend));
        }
    };
    let windows: Vec<Vec<(u64, f64)>> = steps.iter().map(|step| (0..WINDOWS).map(|at| window(step, at)).collect()).collect();
    let counts: Vec<f64> = (0..WINDOWS).map(|at| windows.iter().map(|step| step[at].0 as f64).sum()).collect();
    if has_rate && counts.iter().all(|count| *count >= FEWEST_ANSWERS as f64) {
        note("rate", counts);
    }
    for step in &windows {
        if step.iter().all(|(count, _)| *count >= FEWEST_ANSWERS) {
            note("median latency", step.iter().map(|(_, p50)| *p50).collect());
        }
    }
    match (told, worst) {
        (false, _) => Steadiness::Untold,
        (true, None) => Steadiness::Steady,
        (true, Some((what, trend))) => {
            let half = (seconds / 2) as f64;
            Steadiness::Drifting { what, more_seconds: more(trend, half) }
        }
    }
}

/// The trend of a figure, where it drifts: pairs of windows decide whether it does, their median slope by how much.
fn trend(values: &[f64]) -> Option<Trend> {
    let of = |values: &[f64]| -> (f64, f64) {
        let (mut slopes, mut balance, mut pairs) = (Vec::new(), 0.0, 0.0);
        for (at, left) in values.iter().enumerate() {
            for (later, right) in values.iter().enumerate().skip(at + 1) {
                slopes.push((right - left) / (later - at) as f64);
                balance += if right > left {
                    1.0
                } else if right < left {
                    -1.0
                } else {
                    0.0
                };
                pairs += 1.0;
            }
        }
        (median(&mut slopes) * (values.len() - 1) as f64, balance / pairs)
    };
    let middle = median(&mut values.to_vec());
    if middle <= 0.0 {
        return None;
    }
    let (change, balance) = of(values);
    let (later, _) = of(&values[values.len() / 2..]);
    let trend = Trend { change: change / middle, later: later / middle };
    (trend.change.abs() > TOLERANCE && f64::abs(balance) > BEYOND_CHANCE).then_some(trend)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// How many seconds more, if each half of the time goes on to drift by the same share of the half before it.
fn more(trend: Trend, half: f64) -> Option<u64> {
    let (earlier, later) = (trend.change - trend.later, trend.later);
    let share = later / earlier;
    if !share.is_finite() || share <= 0.0 || share >= SETTLES {
        return None;
    }
    let halves = ((TOLERANCE / 2.0) / later.abs()).ln() / share.ln();
    Some((halves.max(0.5) * half).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand answers a second that go by `rate` and `p50`, with a little noise that is always the same.
    fn seconds(count: usize, rate: impl Fn(f64) -> f64, p50: impl Fn(f64) -> f64) -> Vec<Glance> {
        let noise = |at: usize| 1.0 + (at * 7 % 5) as f64 * 0.01 - 0.02;
        (0..count)
            .map(|at| Glance { count: (rate(at as f64) * noise(at)) as u32, p50: (p50(at as f64) * noise(at + 3)) as u64 })
            .collect()
    }

    #[test]
    fn noise_alone_is_steady() {
        let even = seconds(60, |_| 1000.0, |_| 4000.0);
        assert_eq!(judge(std::slice::from_ref(&even), true), Steadiness::Steady);
        assert_eq!(judge(&[even], false), Steadiness::Steady);
    }

    #[test]
    fn a_provider_that_warms_up_drifts_and_it_is_said_how_long_it_would_take() {
        let warming = seconds(20, |at| 960.0 - 740.0 * (-at / 15.0).exp(), |_| 4000.0);
        let Steadiness::Drifting { what, more_seconds: Some(more) } = judge(&[warming], true) else { panic!("it drifts") };
        assert!(what.starts_with("the rate rose by"), "{what}");
        assert!((10..120).contains(&more), "{more}");
    }

    #[test]
    fn a_latency_that_grows_without_end_drifts_and_nobody_can_say_how_long() {
        let leaking = seconds(40, |_| 200.0, |at| 1000.0 + 50.0 * at);
        let judged = judge(&[leaking], false);
        assert!(
            matches!(&judged, Steadiness::Drifting { what, more_seconds: None } if what.contains("median latency rose")),
            "{judged:?}"
        );
    }

    #[test]
    fn a_plan_s_own_rate_is_no_drift() {
        let ramped = seconds(30, |at| 100.0 + 10.0 * at, |_| 4000.0);
        assert_eq!(judge(&[ramped], false), Steadiness::Steady);
    }

    #[test]
    fn too_little_is_not_judged() {
        assert_eq!(judge(&[seconds(11, |_| 1000.0, |_| 4000.0)], true), Steadiness::Untold);
        assert_eq!(judge(&[seconds(60, |_| 0.6, |_| 4000.0)], true), Steadiness::Untold);
        assert_eq!(judge(&[], true), Steadiness::Untold);
    }
}
