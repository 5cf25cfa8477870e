//! When arrivals are due, or how many users are at work: a level that goes in straight lines from one time to the next.

use std::time::Duration;

/// A stretch of time in which the level goes evenly from one value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// How long it takes.
    pub span: Duration,
    /// The level at its beginning: arrivals per second, or users.
    pub from: f64,
    /// The level at its end.
    pub to: f64,
}

/// The level over the whole of a run, and where in it the hold lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Timetable {
    ramp: Duration,
    warmup: Duration,
    /// The level of the warm-up, to which the ramp rises.
    first: f64,
    hold: Vec<Stretch>,
    lines: Vec<Line>,
}

/// A stretch at its place, with what went before it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    stretch: Stretch,
    begins: f64,
    before: f64,
}

impl Line {
    fn span(&self) -> f64 {
        self.stretch.span.as_secs_f64()
    }

    /// How much the level changes in a second.
    fn slope(&self) -> f64 {
        if self.span() > 0.0 { (self.stretch.to - self.stretch.from) / self.span() } else { 0.0 }
    }

    /// Arrivals in the first `seconds` of it.
    fn arrivals(&self, seconds: f64) -> f64 {
        self.stretch.from * seconds + self.slope() * seconds * seconds / 2.0
    }
}

impl Timetable {
    /// The level rises from nothing in `ramp`, rests for `warmup` where the hold begins, and follows the hold's stretches.
    pub fn new(ramp: Duration, warmup: Duration, hold: Vec<Stretch>) -> Self {
        let first = hold.first().map_or(0.0, |stretch| stretch.from);
        Self::of(ramp, warmup, first, hold)
    }

    fn of(ramp: Duration, warmup: Duration, first: f64, hold: Vec<Stretch>) -> Self {
        let rising = Stretch { span: ramp, from: 0.0, to: first };
        let resting = Stretch { span: warmup, from: first, to: first };
        let (mut begins, mut before) = (0.0, 0.0);
        let mut lines = Vec::with_capacity(hold.len() + 2);
        for stretch in [rising, resting].into_iter().chain(hold.iter().copied()).filter(|stretch| !stretch.span.is_zero()) {
            let line = Line { stretch, begins, before };
            before += line.arrivals(line.span());
            begins += line.span();
            lines.push(line);
        }
        Self { ramp, warmup, first, hold, lines }
    }

    /// The same with a warm-up of another length; what lies before the end of the shorter one stays as it was.
    pub fn with_warmup(&self, warmup: Duration) -> Self {
        Self::of(self.ramp, warmup, self.first, self.hold.clone())
    }

    /// The same with another hold; what lies before the first difference stays as it was.
    pub fn with_hold(&self, hold: Vec<Stretch>) -> Self {
        Self::of(self.ramp, self.warmup, self.first, hold)
    }

    /// How long the level rises before the warm-up.
    pub fn ramp(&self) -> Duration {
        self.ramp
    }

    /// The hold's stretches.
    pub fn hold(&self) -> &[Stretch] {
        &self.hold
    }

    /// When the hold begins.
    pub fn hold_begins(&self) -> Duration {
        self.ramp + self.warmup
    }

    /// When it ends, and the run with it.
    pub fn ends(&self) -> Duration {
        self.hold_begins() + self.hold.iter().map(|stretch| stretch.span).sum::<Duration>()
    }

    /// The level at a time; after the end that of the end.
    pub fn level(&self, at: Duration) -> f64 {
        let at = at.as_secs_f64();
        let line = self.lines.iter().rev().find(|line| line.begins <= at).or(self.lines.first());
        line.map_or(0.0, |line| {
            let into = (at - line.begins).clamp(0.0, line.span());
            line.stretch.from + line.slope() * into
        })
    }

    /// How many arrivals are due by a time, fractions included.
    pub fn due(&self, by: Duration) -> f64 {
        let by = by.as_secs_f64();
        let line = self.lines.iter().rev().find(|line| line.begins <= by);
        line.map_or(0.0, |line| line.before + line.arrivals((by - line.begins).min(line.span())))
    }

    /// When so many arrivals are due; none where the run ends before.
    pub fn when(&self, arrivals: f64) -> Option<Duration> {
        let line = self.lines.iter().rev().find(|line| line.before <= arrivals)?;
        let rest = arrivals - line.before;
        let (from, slope) = (line.stretch.from, line.slope());
        // The root of the quadratic that does not cancel, also where the level hardly changes.
        let root = (from * from + 2.0 * slope * rest).sqrt();
        let into = if rest == 0.0 { 0.0 } else { 2.0 * rest / (from + root) };
        (into.is_finite() && into <= line.span()).then(|| Duration::from_secs_f64(line.begins + into))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn constant(span: f64, level: f64) -> Stretch {
        Stretch { span: seconds(span), from: level, to: level }
    }

    #[test]
    fn a_constant_rate_makes_arrivals_at_equal_distances() {
        let table = Timetable::new(Duration::ZERO, Duration::ZERO, vec![constant(10.0, 200.0)]);
        assert_eq!(table.when(0.0), Some(Duration::ZERO));
        assert_eq!(table.when(1.0), Some(Duration::from_millis(5)));
        assert_eq!(table.when(1000.0), Some(Duration::from_secs(5)));
        assert_eq!(table.when(2001.0), None);
        assert_eq!(table.due(Duration::from_secs(60)), 2000.0);
    }

    #[test]
    fn a_ramp_makes_half_as_many_arrivals_as_its_end() {
        let table = Timetable::new(seconds(10.0), seconds(5.0), vec![constant(10.0, 100.0)]);
        assert_eq!(table.due(seconds(10.0)), 500.0);
        assert_eq!(table.due(seconds(15.0)), 1000.0);
        assert_eq!((table.hold_begins(), table.ends()), (seconds(15.0), seconds(25.0)));
        assert_eq!((table.level(seconds(5.0)), table.level(seconds(12.0)), table.level(seconds(99.0))), (50.0, 100.0, 100.0));
    }

    #[test]
    fn a_level_of_nothing_makes_no_arrivals_and_the_next_stretch_goes_on() {
        let table =
            Timetable::new(Duration::ZERO, Duration::ZERO, vec![constant(1.0, 10.0), constant(5.0, 0.0), constant(1.0, 10.0)]);
        assert_eq!(table.due(seconds(3.0)), 10.0);
        assert_eq!(table.when(11.0), Some(seconds(6.1)));
    }

    #[test]
    fn a_shorter_warm_up_leaves_what_is_past_as_it_was() {
        let long = Timetable::new(seconds(2.0), seconds(60.0), vec![constant(10.0, 100.0)]);
        let short = long.with_warmup(seconds(3.0));
        for past in [0.5, 2.0, 4.9] {
            assert_eq!(long.due(seconds(past)), short.due(seconds(past)));
        }
        assert_eq!(short.ends(), seconds(15.0));
    }

    proptest! {
        #[test]
        fn every_arrival_is_due_when_it_is_said_to_be_and_in_order(
            levels in proptest::collection::vec((0_u32..2000, 0_u32..2000, 1_u32..5000), 1..6)
        ) {
            let stretches: Vec<Stretch> = levels
                .iter()
                .map(|(from, to, millis)| Stretch { span: Duration::from_millis(u64::from(*millis)), from: f64::from(*from), to: f64::from(*to) })
                .collect();
            let table = Timetable::new(Duration::ZERO, Duration::ZERO, stretches);
            let all = table.due(table.ends());
            let mut last = Duration::ZERO;
            for step in 0..50 {
                let arrival = all * f64::from(step) / 50.0;
                let at = table.when(arrival).expect("it is within the run");
                prop_assert!(at >= last);
                prop_assert!((table.due(at) - arrival).abs() < 1e-3 * (1.0 + arrival), "{arrival} at {at:?} is {}", table.due(at));
                last = at;
            }
        }
    }
}
