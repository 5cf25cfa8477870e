//! How the latencies of a step are distributed: a histogram whose both axes are logarithmic, so that the tail is seen.

use maud::Markup;

use super::axis::Axis;
use super::plot::{Bar, Line, Plot};
use crate::verdict::{Latency, Measurement, micros_in_words};

/// Bars for each power of ten.
const BARS: f64 = 20.0;

/// Percentiles that are flagged.
const FLAGS: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];

/// Flags that are nearer to each other, as a share of the axis, could not be read apart.
const NEAR: f64 = 0.09;

/// Draws the histogram of a step's latencies, and of its service times where these are others.
pub fn render(step: &Measurement) -> Markup {
    let latency = bars(&step.latency);
    let service = step.service.as_ref().map(bars).unwrap_or_default();
    let both = || latency.iter().chain(&service);
    let (low, high) = (both().map(|bar| bar.from).fold(f64::INFINITY, f64::min), both().map(|bar| bar.to).fold(0.0, f64::max));
    let most = both().map(|bar| bar.height).fold(0.0, f64::max);
    let tip = |bar: &Bar| {
        let [from, to] = [bar.from, bar.to].map(micros_in_words);
        (bar.from, bar.to, format!("{} answers within {from} to {to}", bar.height))
    };
    let mut lines = Vec::new();
    if step.service.is_some() {
        lines.push(Line {
            name: "service time, from the send".to_owned(),
            colour: 1,
            is_dashed: false,
            points: outline(&service),
        });
    }
    let x = if low.is_finite() { Axis::micros(low, high) } else { Axis::micros(100.0, 1e6) };
    let mut flags: Vec<(f64, String)> = Vec::new();
    for (name, share) in FLAGS {
        if let Some(micros) = step.latency.quantile(share) {
            let micros = micros as f64;
            // Those that are too near each other to be read share a flag.
            match flags.last_mut().filter(|(last, _)| x.place(micros) - x.place(*last) < NEAR) {
                Some((_, names)) => *names = format!("{names}, {name}"),
                None => flags.push((micros, name.to_owned())),
            }
        }
    }
    Plot {
        title: "Distribution".to_owned(),
        about: format!("how often each latency of {}/{} occurred", step.flow, step.step),
        x,
        y: Axis::counts(most),
        unit: "answers, log scale",
        aside: Vec::new(),
        tips: latency.iter().map(tip).collect(),
        bars: latency,
        lines,
        flags,
    }
    .draw()
}

/// The non-empty bars of a histogram, from left to right.
fn bars(latency: &Latency) -> Vec<Bar> {
    let mut bars: Vec<(i32, u64)> = Vec::new();
    for (micros, count) in &latency.buckets {
        let at = ((*micros).max(1) as f64).log10() * BARS;
        let at = at.floor() as i32;
        match bars.last_mut().filter(|(last, _)| *last == at) {
            Some((_, sum)) => *sum += count,
            None => bars.push((at, *count)),
        }
    }
    let edge = |at: i32| 10_f64.powf(f64::from(at) / BARS);
    bars.into_iter().map(|(at, count)| Bar { from: edge(at), to: edge(at + 1), height: count as f64 }).collect()
}

/// The upper edge of bars as a line, broken where there are none.
fn outline(bars: &[Bar]) -> Vec<(f64, Option<f64>)> {
    let mut points = Vec::new();
    let mut last: Option<f64> = None;
    for bar in bars {
        if last.is_none_or(|last| bar.from > last * 1.001) {
            if let Some(last) = last {
                points.push((last, Some(0.0)));
                points.push((last, None));
            }
            points.push((bar.from, Some(0.0)));
        }
        points.push((bar.from, Some(bar.height)));
        points.push((bar.to, Some(bar.height)));
        last = Some(bar.to);
    }
    points.extend(last.map(|last| (last, Some(0.0))));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_a_bar_that_holds_it() {
        let latency = Latency { buckets: vec![(0, 2), (1, 1), (1_000, 5), (1_010, 5), (9_999, 1)], max: 9_999, sum: 20_000 };
        let bars = bars(&latency);
        assert_eq!(bars.iter().map(|bar| bar.height as u64).collect::<Vec<_>>(), [3, 10, 1]);
        assert!(bars[1].from <= 1_000.0 && bars[1].to > 1_010.0);
        let outline = outline(&bars);
        assert_eq!(outline.iter().filter(|(_, value)| value.is_none()).count(), 2);
    }
}
