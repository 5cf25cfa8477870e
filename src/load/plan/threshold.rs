//! Thresholds in the field's terms, `p99 < 50ms` or `token errors < 0.1%`: read from a plan, judged at the end, and on the way where they say `else abort`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::span;
use crate::load::measure::Step;
use crate::verdict::{Arrivals, Measurement, micros_in_words};

/// One bound on what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    step: Option<Step>,
    bound: Bound,
    relation: Relation,
    aborts: bool,
    text: String,
}

/// What a threshold is judged by.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'a> {
    /// What the steps bore.
    pub steps: Vec<&'a Measurement>,
    /// Seconds that the rate is taken over.
    pub held_seconds: f64,
    /// How the arrivals kept to their times, where there are any.
    pub arrivals: Option<&'a Arrivals>,
    /// What must hold whatever the load, and did not; none where it is not known yet.
    pub violations: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    /// A share of the durations, from 0 to 1.
    Quantile(f64, Duration),
    Max(Duration),
    Mean(Duration),
    /// A share of the answers, in percent.
    Errors(f64),
    /// Answers per second.
    Rate(f64),
    /// A share of the arrivals that began late or never, in percent.
    Late(f64),
    /// By how much an arrival began late although a user was free, at most 1% of them by more.
    Lag(Duration),
    /// A count.
    Violations(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Relation {
    fn holds(self, measured: f64, bound: f64) -> bool {
        match self {
            Self::Below => measured < bound,
            Self::AtMost => measured <= bound,
            Self::Above => measured > bound,
            Self::AtLeast => measured >= bound,
        }
    }
}

impl Threshold {
    /// What a plan without an `errors` threshold is held to: a run of wrong answers is never a success.
    pub fn default_errors() -> Self {
        "errors < 1%".parse().expect("a constant threshold parses")
    }

    /// Whether it bounds the share of errors.
    pub fn is_for_errors(&self) -> bool {
        matches!(self.bound, Bound::Errors(_))
    }

    /// The step that it is for; none means all steps together.
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// Whether the run ends as soon as it does not hold.
    pub fn aborts(&self) -> bool {
        self.aborts
    }

    /// Judges what was measured: what it was, and whether the threshold holds; none where there is nothing to judge by.
    pub fn judge(&self, evidence: &Evidence<'_>) -> (String, Option<bool>) {
        match (self.bound, evidence.violations, evidence.arrivals) {
            (Bound::Violations(bound), Some(count), _) => {
                return (count.to_string(), Some(self.relation.holds(count as f64, bound)));
            }
            (Bound::Violations(_), None, _) => return ("not known yet".to_owned(), None),
            (Bound::Late(bound), _, Some(arrivals)) if arrivals.due > 0 => {
                let percent = (arrivals.late() + arrivals.never_made()) as f64 * 100.0 / arrivals.due as f64;
                return (format!("{percent:.3}%"), Some(self.relation.holds(percent, bound)));
            }
            (Bound::Lag(bound), _, Some(arrivals)) if !arrivals.lag.is_empty() => {
                let micros = arrivals.lag.quantile(0.99).expect("there are some") as f64;
                return (micros_in_words(micros), Some(self.relation.holds(micros, bound.as_secs_f64() * 1e6)));
            }
            // What came late had to wait for a user, which is not the generator's lag.
            (Bound::Lag(_), _, Some(arrivals)) if arrivals.due > 0 => return ("no user was free".to_owned(), Some(true)),
            (Bound::Late(_) | Bound::Lag(_), _, _) => return ("no arrivals".to_owned(), None),
            (Bound::Quantile(..) | Bound::Max(_) | Bound::Mean(_) | Bound::Errors(_) | Bound::Rate(_), _, _) => {}
        }
        let mut whole = Measurement::default();
        for one in evidence.steps.iter().filter(|one| self.step.is_none_or(|step| step.name() == one.step)) {
            whole.merge(one);
        }
        if whole.count() == 0 {
            return ("nothing measured".to_owned(), None);
        }
        let time = |micros: Option<f64>, bound: Duration| {
            let micros = micros.expect("there are answers, so there are durations");
            (micros_in_words(micros), Some(self.relation.holds(micros, bound.as_secs_f64() * 1e6)))
        };
        match self.bound {
            Bound::Quantile(share, bound) => time(whole.latency.quantile(share).map(|micros| micros as f64), bound),
            Bound::Max(bound) => time(Some(whole.latency.max as f64), bound),
            Bound::Mean(bound) => time(whole.latency.mean(), bound),
            Bound::Errors(bound) => {
                let percent = whole.error_share() * 100.0;
                (format!("{percent:.3}%"), Some(self.relation.holds(percent, bound)))
            }
            Bound::Rate(bound) => match whole.rate(evidence.held_seconds) {
                Some(rate) => (format!("{rate:.1}/s"), Some(self.relation.holds(rate, bound))),
                None => ("no hold to measure it in".to_owned(), None),
            },
            Bound::Late(_) | Bound::Lag(_) | Bound::Violations(_) => ("nothing measured".to_owned(), None),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = |what: &str| format!("threshold {text:?}: {what}");
        let whole = text;
        let (text, aborts) = text.trim().strip_suffix("else abort").map_or((text, false), |rest| (rest, true));
        let at = text.find(['<', '>']).ok_or_else(|| fault("expected < or >, as in \"p99 < 50ms\""))?;
        let (left, right) = (text[..at].trim(), &text[at..]);
        let relations = [("<=", Relation::AtMost), (">=", Relation::AtLeast), ("<", Relation::Below), (">", Relation::Above)];
        let (relation, value) = relations
            .into_iter()
            .find_map(|(sign, relation)| Some((relation, right.strip_prefix(sign)?.trim())))
            .expect("the text begins with < or >");
        let (step, metric) = match left.split_once(char::is_whitespace) {
            Some((step, metric)) => {
                let names = Step::ALL.map(Step::name).join(", ");
                let found = Step::ALL.into_iter().find(|one| one.name() == step);
                (Some(found.ok_or_else(|| fault(&format!("no step {step:?}: expected {names}")))?), metric.trim())
            }
            None => (None, left),
        };
        let number = |suffix: &str, example: &str| {
            let digits = value.strip_suffix(suffix).ok_or_else(|| fault(&format!("expected a value such as {example}")))?;
            let number: f64 = digits.trim().parse().map_err(|_| fault(&format!("{digits:?} is not a number")))?;
            if number.is_finite() && number >= 0.0 { Ok(number) } else { Err(fault("expected a number that is not negative")) }
        };
        let time = || span::parse(value).map_err(|what| fault(&what));
        let bound = match metric {
            "max" => Bound::Max(time()?),
            "mean" => Bound::Mean(time()?),
            "errors" => Bound::Errors(number("%", "0.1%")?),
            "rate" => Bound::Rate(number("/s", "500/s")?),
            "late" => Bound::Late(number("%", "1%")?),
            "lag" => Bound::Lag(time()?),
            "violations" => Bound::Violations(number("", "1")?),
            quantile => {
                let percent = quantile.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
                let percent = percent.filter(|percent| *percent > 0.0 && *percent < 100.0);
                let expected = "expected p50, p90, p99.9 or the like, max, mean, errors, rate, late, lag or violations";
                Bound::Quantile(percent.ok_or_else(|| fault(expected))? / 100.0, time()?)
            }
        };
        let upward = matches!(relation, Relation::Above | Relation::AtLeast);
        if upward != matches!(bound, Bound::Rate(_)) {
            return Err(fault("a rate has a lower bound (>), everything else an upper one (<)"));
        }
        if step.is_some() && matches!(bound, Bound::Late(_) | Bound::Lag(_) | Bound::Violations(_)) {
            return Err(fault("arrivals and violations are those of a flow or of the run, not of a step"));
        }
        Ok(Self { step, bound, relation, aborts, text: whole.split_whitespace().collect::<Vec<_>>().join(" ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Latency;

    fn measured() -> [Measurement; 2] {
        let token = Measurement {
            step: "token".to_owned(),
            right: 99,
            wrong: [("not json".to_owned(), 1)].into(),
            in_hold: 100,
            latency: Latency { buckets: vec![(1_000, 99), (80_000, 1)], max: 80_000, sum: 179_000 },
            ..Measurement::default()
        };
        let login = Measurement {
            step: "login".to_owned(),
            right: 1,
            latency: Latency { buckets: vec![(500_000, 1)], max: 500_000, sum: 500_000 },
            ..Measurement::default()
        };
        [token, login]
    }

    fn judge(threshold: &str) -> (String, Option<bool>) {
        let lag = Latency { buckets: vec![(200, 990), (4_000, 10)], max: 4_000, sum: 238_000 };
        let arrivals = Arrivals { due: 1000, made: 990, late_for_want_of_users: 5, lag, ..Arrivals::default() };
        let steps = measured();
        let evidence =
            Evidence { steps: steps.iter().collect(), held_seconds: 10.0, arrivals: Some(&arrivals), violations: Some(2) };
        threshold.parse::<Threshold>().expect("it parses").judge(&evidence)
    }

    #[test]
    fn arrivals_and_violations_are_judged_beside_what_was_measured() {
        assert_eq!(judge("late < 1%"), ("1.500%".to_owned(), Some(false)));
        assert_eq!(judge("violations < 1"), ("2".to_owned(), Some(false)));
        assert_eq!(judge("lag < 1ms"), ("200µs".to_owned(), Some(true)));
        assert_eq!(judge("lag < 100us"), ("200µs".to_owned(), Some(false)));
        let late: Threshold = "late < 1%".parse().expect("it parses");
        assert_eq!(late.judge(&Evidence::default()).1, None);
        let crowded = Arrivals { due: 1000, made: 990, late_for_want_of_users: 990, ..Arrivals::default() };
        let lag: Threshold = "lag < 1ms".parse().expect("it parses");
        let judged = lag.judge(&Evidence { arrivals: Some(&crowded), ..Evidence::default() });
        assert_eq!(judged, ("no user was free".to_owned(), Some(true)), "it is not the generator's doing");
        assert_eq!(lag.judge(&Evidence::default()), ("no arrivals".to_owned(), None));
    }

    #[test]
    fn a_threshold_may_end_the_run() {
        let one: Threshold = "errors < 50%  else abort".parse().expect("it parses");
        assert!(one.aborts() && one.is_for_errors());
        assert_eq!(one.to_string(), "errors < 50% else abort");
        assert!(!Threshold::default_errors().aborts());
    }

    #[test]
    fn thresholds_are_judged_over_all_steps_or_the_one_they_name() {
        assert_eq!(judge("token p99 < 50ms"), ("1.00ms".to_owned(), Some(true)));
        assert_eq!(judge("token max < 50ms"), ("80.0ms".to_owned(), Some(false)));
        assert_eq!(judge("max < 1s"), ("500ms".to_owned(), Some(true)));
        assert_eq!(judge("p50<=1000us"), ("1.00ms".to_owned(), Some(true)));
        assert_eq!(judge("token mean < 1.7ms"), ("1.79ms".to_owned(), Some(false)));
        assert_eq!(judge("errors < 1%"), ("0.990%".to_owned(), Some(true)));
        assert_eq!(judge("token errors < 1%"), ("1.000%".to_owned(), Some(false)));
        assert_eq!(judge("rate > 9.5/s"), ("10.0/s".to_owned(), Some(true)));
        assert_eq!(judge("token rate >= 10/s"), ("10.0/s".to_owned(), Some(true)));
    }

    #[test]
    fn nothing_measured_holds_nothing() {
        assert_eq!(judge("approval p99 < 1h"), ("nothing measured".to_owned(), None));
        assert_eq!(Threshold::default_errors().judge(&Evidence::default()).1, None);
        let rate: Threshold = "rate > 0/s".parse().expect("it parses");
        let steps = measured();
        assert_eq!(rate.judge(&Evidence { steps: steps.iter().collect(), ..Evidence::default() }).1, None);
    }

    #[test]
    fn what_is_no_threshold_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("p99 50ms", "expected < or >"),
            ("p99 < 50", "not a duration"),
            ("p100 < 50ms", "expected p50"),
            ("q99 < 50ms", "expected p50"),
            ("errors < 0.1", "0.1%"),
            ("errors < -1%", "not negative"),
            ("errors > 1%", "lower bound"),
            ("rate < 5/s", "lower bound"),
            ("rate > 5", "500/s"),
            ("token late < 1%", "not of a step"),
            ("token lag < 1ms", "not of a step"),
            ("p99 < 1s else stop", "not a duration"),
            ("nap p99 < 1s", "no step \"nap\""),
        ] {
            let error = text.parse::<Threshold>().expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
