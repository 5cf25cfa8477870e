//! An axis of a plot: which values it holds, where its marks are, and how they are labelled.

/// The values of an axis and its marks.
pub struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    /// Where it is marked, and how.
    pub marks: Vec<(f64, String)>,
}

/// The most marks that an axis has room for.
const ROOM: usize = 7;

impl Axis {
    /// From nothing to at least `high`, evenly.
    pub fn counting(high: f64) -> Self {
        let high = if high > 0.0 { high } else { 1.0 };
        let raw = high / (ROOM - 2) as f64;
        let power = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= raw).unwrap_or(raw);
        let steps = (high / step - 1e-9).ceil() as usize;
        let marks = (0..=steps).map(|at| at as f64 * step).map(|value| (value, number(value))).collect();
        Self { low: 0.0, high: steps as f64 * step, is_log: false, marks }
    }

    /// Seconds from the beginning to the end of a run.
    pub fn seconds(end: f64) -> Self {
        const STEPS: [u32; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800];
        let end = end.max(1.0);
        let fits = |step: &u32| end / f64::from(*step) <= (ROOM + 3) as f64;
        let step = STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1]);
        let marks = (0..=(end / f64::from(step)) as u32).map(|at| at * step).map(|at| (f64::from(at), moment(at))).collect();
        Self { low: 0.0, high: end, is_log: false, marks }
    }

    /// Durations in microseconds, each ten times the one before at the same distance.
    pub fn micros(low: f64, high: f64) -> Self {
        Self::powers(low.max(1.0), high.max(1.0), micros)
    }

    /// Counts, each ten times the one before at the same distance, from below one.
    pub fn counts(high: f64) -> Self {
        let mut axis = Self::powers(1.0, high.max(10.0), number);
        axis.low = 0.6;
        axis
    }

    fn powers(low: f64, high: f64, label: fn(f64) -> String) -> Self {
        let (mut low, mut high) = (nice(low, f64::floor), nice(high, f64::ceil));
        high = high.max(low * 10.0);
        let (from, to) = ((low * 1.001).log10().floor() as i32, (high * 0.999).log10().ceil() as i32);
        let within = |value: &f64| *value >= low * 0.999 && *value <= high * 1.001;
        let all =
            |times: &'static [f64]| (from..=to).flat_map(move |power| times.iter().map(move |times| times * 10_f64.powi(power)));
        let mut marks: Vec<f64> = all(&[1.0, 2.0, 5.0]).filter(within).collect();
        if marks.len() > ROOM {
            marks = all(&[1.0]).collect();
            (low, high) = (10_f64.powi(from), 10_f64.powi(to));
        }
        Self { low, high, is_log: true, marks: marks.into_iter().map(|value| (value, label(value))).collect() }
    }

    /// Where a value is, from 0 to 1; what is beyond the axis is at its end.
    pub fn place(&self, value: f64) -> f64 {
        let share = if self.is_log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }
}

/// The next of 1, 2, 5, 10 and so on in that direction.
fn nice(value: f64, towards: fn(f64) -> f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let times = value / power;
    let steps = [1.0, 2.0, 5.0, 10.0];
    let up = towards(0.5) > 0.5;
    let found = if up {
        steps.into_iter().find(|step| *step >= times * 0.999_999)
    } else {
        steps.into_iter().rev().find(|step| *step <= times * 1.000_001)
    };
    found.unwrap_or(1.0) * power
}

fn number(value: f64) -> String {
    let (value, unit) = match value {
        small if small < 10_000.0 => (small, ""),
        large if large < 1e6 => (large / 1e3, "k"),
        huge => (huge / 1e6, "M"),
    };
    format!("{}{unit}", (value * 1e3).round() / 1e3)
}

fn micros(value: f64) -> String {
    let (value, unit) = match value {
        tiny if tiny < 999.5 => (tiny, "µs"),
        small if small < 999_500.0 => (small / 1e3, "ms"),
        large => (large / 1e6, "s"),
    };
    format!("{}{unit}", (value * 1e3).round() / 1e3)
}

fn moment(second: u32) -> String {
    match second {
        0 => "0".to_owned(),
        hours if hours % 3_600 == 0 => format!("{}h", hours / 3_600),
        minutes if minutes >= 60 && minutes % 60 == 0 => format!("{}m", minutes / 60),
        minutes if minutes >= 60 => format!("{}m{}s", minutes / 60, minutes % 60),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.marks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn marks_are_round_numbers_and_hold_every_value() {
        assert_eq!(labels(&Axis::counting(1_230.0)), ["0", "500", "1000", "1500"]);
        assert_eq!(labels(&Axis::counting(0.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&Axis::counting(72_000.0)), ["0", "20k", "40k", "60k", "80k"]);
        assert_eq!(labels(&Axis::seconds(12.0)), ["0", "2s", "4s", "6s", "8s", "10s", "12s"]);
        assert_eq!(labels(&Axis::seconds(610.0)), ["0", "2m", "4m", "6m", "8m", "10m"]);
        assert_eq!(labels(&Axis::micros(1_310.0, 19_400.0)), ["1ms", "2ms", "5ms", "10ms", "20ms"]);
        assert_eq!(labels(&Axis::micros(130.0, 9_000_000.0)), ["100µs", "1ms", "10ms", "100ms", "1s", "10s"]);
    }

    #[test]
    fn a_value_is_where_its_axis_says() {
        let axis = Axis::micros(100.0, 10_000.0);
        assert_eq!([10.0, 100.0, 10_000.0, 1e9].map(|value| axis.place(value)), [0.0, 0.0, 1.0, 1.0]);
        assert!((axis.place(1_000.0) - 0.5).abs() < 1e-9);
        assert!((Axis::counting(10.0).place(5.0) - 0.5).abs() < 1e-9);
    }
}
