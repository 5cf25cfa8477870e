//! Plots over the time of the run: answers, errors and latencies, by windows of at least a second.

use maud::{Markup, html};

use super::axis::Axis;
use super::plot::{COLOURS, Line, Plot};
use crate::report::text::plain;
use crate::verdict::{Latency, LoadRun, Measurement, Unreadable, micros_in_words};

/// The most windows of a plot: more could not be told apart.
const WINDOWS: usize = 180;

/// Every step's windows.
pub struct Series {
    /// Seconds of a window.
    width: usize,
    /// Seconds of the run.
    seconds: usize,
    /// By step, in the order of the plan.
    pub steps: Vec<Vec<Window>>,
}

/// What one step bore in one window.
#[derive(Clone, Copy, Default)]
pub struct Window {
    right: u64,
    wrong: u64,
    times: Option<[u64; 4]>,
}

/// What the four times of a window are.
const TIMES: [&str; 4] = ["p50", "p90", "p99", "max"];

/// Gathers the seconds of a run into windows.
///
/// # Errors
/// A histogram of the run cannot be read.
pub fn series(run: &LoadRun) -> Result<Series, Unreadable> {
    let due = run.flows.iter().filter_map(|flow| Some(flow.arrivals.as_ref()?.seconds.len()));
    let seconds = run.steps.iter().map(|step| step.seconds.len()).chain(due).max().unwrap_or_default();
    let width = seconds.div_ceil(WINDOWS).max(1);
    let windows = |step: &Measurement| (0..seconds).step_by(width).map(|first| window(step, first, width)).collect();
    let steps = run.steps.iter().map(windows).collect::<Result<_, _>>()?;
    Ok(Series { width, seconds, steps })
}

fn window(step: &Measurement, first: usize, width: usize) -> Result<Window, Unreadable> {
    let mut latency = Latency::histogram();
    let mut window = Window::default();
    for second in step.seconds.iter().skip(first).take(width) {
        window.right += u64::from(second.right);
        window.wrong += u64::from(second.wrong);
        latency.add(second.latency.unpack()?).expect("a histogram that grows takes every value");
    }
    if !latency.is_empty() {
        let at = |share: f64| latency.value_at_quantile(share);
        window.times = Some([at(0.5), at(0.9), at(0.99), latency.max()]);
    }
    Ok(window)
}

impl Series {
    fn end(&self) -> f64 {
        self.seconds.max(1) as f64
    }

    /// The middle of a window, and how many seconds it has.
    fn window(&self, at: usize) -> (f64, f64) {
        let first = at * self.width;
        let wide = self.width.min(self.seconds - first) as f64;
        (first as f64 + wide / 2.0, wide)
    }

    fn line(&self, name: String, colour: usize, values: impl Iterator<Item = Option<f64>>) -> Line {
        let points = values.enumerate().map(|(at, value)| (self.window(at).0, value)).collect();
        Line { name, colour, is_dashed: false, points }
    }

    /// Something of each window, per second.
    fn rates(&self, name: String, colour: usize, counts: impl Iterator<Item = u64>) -> Line {
        let values = counts.enumerate().map(|(at, count)| Some(count as f64 / self.window(at).1)).collect::<Vec<_>>();
        self.line(name, colour, values.into_iter())
    }

    /// What each window says when the pointer rests on it.
    fn tips(&self, tip: impl Fn(usize) -> String) -> Vec<(f64, f64, String)> {
        let windows = self.seconds.div_ceil(self.width);
        let stretch = |at: usize| {
            let (middle, wide) = self.window(at);
            (middle - wide / 2.0, middle + wide / 2.0, format!("at {}s: {}", at * self.width, tip(at)))
        };
        (0..windows).map(stretch).collect()
    }
}

/// The stretches before and after the hold.
fn aside(run: &LoadRun, end: f64) -> Vec<(f64, f64)> {
    let (from, to) = (run.before_seconds, run.before_seconds + run.held_seconds);
    [(0.0, from.min(end)), (to.min(end), end)].into_iter().filter(|(from, to)| to > from).collect()
}

fn highest(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| &line.points).filter_map(|(_, value)| *value).fold(0.0, f64::max)
}

fn names(run: &LoadRun) -> Vec<String> {
    run.steps.iter().map(|step| plain(&format!("{}/{}", step.flow, step.step))).collect()
}

/// Answers per second, and arrivals that were intended.
pub fn throughput(run: &LoadRun, series: &Series) -> Markup {
    let names = names(run);
    let mut lines = Vec::new();
    for flow in &run.flows {
        let Some(arrivals) = &flow.arrivals else { continue };
        let first = run.steps.iter().position(|step| step.flow == flow.flow).unwrap_or_default();
        let due = arrivals.seconds.chunks(series.width).map(|due| due.iter().map(|due| u64::from(*due)).sum());
        let line = series.rates(format!("{}: intended", plain(&flow.flow)), first, due);
        lines.push(Line { is_dashed: true, ..line });
    }
    for (at, (windows, name)) in series.steps.iter().zip(&names).enumerate() {
        lines.push(series.rates(name.clone(), at, windows.iter().map(|window| window.right + window.wrong)));
    }
    let tip = |at: usize| told(&lines, at, |value| format!("{value:.1}/s"));
    let tips = series.tips(tip);
    Plot {
        title: "Throughput".to_owned(),
        about: "answers per second over the time of the run, and intended arrivals where there are any".to_owned(),
        x: Axis::seconds(series.end()),
        y: Axis::counting(highest(&lines)),
        unit: "answers/s",
        aside: aside(run, series.end()),
        bars: Vec::new(),
        lines,
        flags: Vec::new(),
        tips,
    }
    .draw()
}

/// Wrong answers per second.
pub fn errors(run: &LoadRun, series: &Series) -> Markup {
    let mut lines = Vec::new();
    for (at, (windows, name)) in series.steps.iter().zip(names(run)).enumerate() {
        if windows.iter().any(|window| window.wrong > 0) {
            lines.push(series.rates(name, at, windows.iter().map(|window| window.wrong)));
        }
    }
    if lines.is_empty() {
        return html! { figure { figcaption { "Errors: none" } } };
    }
    let tips = series.tips(|at| told(&lines, at, |value| format!("{value:.1}/s")));
    Plot {
        title: "Errors".to_owned(),
        about: "wrong answers per second over the time of the run".to_owned(),
        x: Axis::seconds(series.end()),
        y: Axis::counting(highest(&lines)),
        unit: "errors/s",
        aside: aside(run, series.end()),
        bars: Vec::new(),
        lines,
        flags: Vec::new(),
        tips,
    }
    .draw()
}

/// Percentiles of a step's latency.
pub fn latency(run: &LoadRun, step: &Measurement, windows: &[Window], series: &Series) -> Markup {
    let values = |which: usize| windows.iter().map(move |window| window.times.map(|times| times[which] as f64));
    // The colours of percentiles are others than those of steps.
    let lines: Vec<Line> = (0..TIMES.len())
        .map(|which| series.line(TIMES[which].to_owned(), COLOURS - TIMES.len() + which, values(which)))
        .collect();
    let all = || lines.iter().flat_map(|line| &line.points).filter_map(|(_, value)| *value);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let tips = series.tips(|at| told(&lines, at, micros_in_words));
    let title = if step.service.is_some() { "Response time, from when it was due" } else { "Latency" };
    Plot {
        title: title.to_owned(),
        about: format!("median, 90th and 99th percentile and maximum of the latency of {}/{} over time", step.flow, step.step),
        x: Axis::seconds(series.end()),
        y: if low.is_finite() { Axis::micros(low, high) } else { Axis::micros(100.0, 1e6) },
        unit: "log scale",
        aside: aside(run, series.end()),
        bars: Vec::new(),
        lines,
        flags: Vec::new(),
        tips,
    }
    .draw()
}

/// Every line's value in one window.
fn told(lines: &[Line], at: usize, show: impl Fn(f64) -> String) -> String {
    let value = |line: &Line| Some(format!("{} {}", line.name, show(line.points.get(at)?.1?)));
    lines.iter().filter_map(value).collect::<Vec<_>>().join(", ")
}
