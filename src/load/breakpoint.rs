//! The search for the most that a provider sustains: the arrival rate rises until the goal breaks, then closes in by half steps.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::flows::Assignment;
use super::judge::{Sums, holds};
use super::measure::Recorder;
use super::pace::{Stretch, Timetable};
use super::plan::{Plan, Rate, Threshold};
use super::rig::Rig;
use super::tell::{News, Tell};
use crate::verdict::{Arrivals, Attempt, Breakpoint, FlowRun, Measurement};

/// How fast a search goes, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tempo {
    /// How long a rate is tried.
    attempt: Duration,
    /// Between two attempts: what the last one left is worked off, at half of its rate.
    gap: Duration,
}

/// Long enough for a tail, and for a provider that fills up.
const THOROUGH: Tempo = Tempo { attempt: Duration::from_secs(5), gap: Duration::from_secs(2) };

/// For what shows at once.
const QUICK: Tempo = Tempo { attempt: Duration::from_secs(3), gap: Duration::from_secs(2) };

/// Answers that came so long after an attempt began are the first that are looked at.
const SETTLING: usize = 1;

/// A step below this share of the rate is not worth another attempt.
const FINEST: f64 = 0.05;

/// What has to hold: thresholds, all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    thresholds: Vec<Threshold>,
    tempo: Tempo,
}

impl Goal {
    /// The same in a search that gives each rate less time: for a limit that shows at once, such as the generator's own.
    #[must_use]
    pub fn quick(self) -> Self {
        Self { tempo: QUICK, ..self }
    }
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let thresholds = text.split(',').map(str::parse).collect::<Result<Vec<Threshold>, _>>()?;
        Ok(Self { thresholds, tempo: THOROUGH })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.thresholds.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Which rate comes next.
#[derive(Clone, Debug, PartialEq)]
struct Search {
    good: f64,
    bad: Option<f64>,
    rate: f64,
}

impl Search {
    fn from(rate: f64) -> Self {
        Self { good: 0.0, bad: None, rate }
    }

    /// The next rate, after this one held or broke; none where the answer is fine enough.
    fn next(&mut self, held: bool) -> Option<f64> {
        if held {
            self.good = self.rate;
        } else {
            self.bad = Some(self.rate);
        }
        let step = match self.bad {
            // It doubles until it breaks.
            None => self.rate,
            Some(bad) => (bad - self.good) / 2.0,
        };
        self.rate = self.good + step;
        (step > FINEST * self.rate && self.rate >= 1.0).then_some(self.rate)
    }
}

/// The timetable of the first attempt.
pub fn timetable(plan: &Plan, goal: &Goal) -> Timetable {
    let first = plan.arrivals.as_ref().map_or(0.0, Rate::per_second);
    Timetable::new(plan.ramp, plan.warmup.longest(), goal.tempo.stretches(first))
}

impl Tempo {
    /// One rate, and what follows it.
    fn stretches(self, rate: f64) -> Vec<Stretch> {
        let half = rate / 2.0;
        vec![Stretch { span: self.attempt, from: rate, to: rate }, Stretch { span: self.gap, from: half, to: half }]
    }
}

/// The rate that is tried at this time; none before the first attempt and between two.
pub fn tried_at(table: &Timetable, at: Duration) -> Option<f64> {
    let mut begins = table.hold_begins();
    // Attempts and gaps take turns, as a tempo lays them out.
    for pair in table.hold().chunks(2) {
        let [tried, gap @ ..] = pair else { break };
        if at >= begins && at < begins + tried.span {
            return Some(tried.from);
        }
        begins += tried.span + gap.iter().map(|stretch| stretch.span).sum::<Duration>();
    }
    None
}

/// Tries rates until the answer is fine enough, the plan's time is used up, or the run is cut; then the run is over.
pub async fn search(rig: &Rig, plan: &Plan, goal: &Goal, assignments: &[Arc<Assignment>], tell: &Tell) -> Breakpoint {
    let tempo = goal.tempo;
    let mut found = Breakpoint { goal: goal.to_string(), attempts: Vec::new(), sustained: None, broken_at: None };
    while !rig.course.has_begun() && !rig.cut.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut search = Search::from(rig.course.table().hold()[0].from);
    // A warm-up until steady moves the first attempt.
    while rig.course.elapsed() < rig.course.table().hold_begins() {
        if rig.is_over() || !rig.rest(Duration::from_millis(20)).await {
            return found;
        }
    }
    let mut begins = rig.course.table().hold_begins();
    let latest = begins + plan.hold;
    loop {
        let before = arrivals(rig, assignments);
        let ends = begins + tempo.attempt;
        if !rig.rest(ends.saturating_sub(rig.course.elapsed())).await {
            return found;
        }
        let arrived = since(&before, &arrivals(rig, assignments));
        // The last answers of the attempt come in the second after it.
        if !rig.rest((ends + Duration::from_secs(1)).saturating_sub(rig.course.elapsed())).await {
            return found;
        }
        let attempt_made = judge(rig, goal, search.rate, (begins, ends), arrived);
        tell(News::Tried(&attempt_made));
        let held = attempt_made.held;
        found.attempts.push(attempt_made);
        let next = search.next(held);
        (found.sustained, found.broken_at) = ((search.good > 0.0).then_some(search.good), search.bad);
        begins = ends + tempo.gap;
        match next {
            Some(rate) if begins + tempo.attempt + tempo.gap <= latest => {
                let table = rig.course.table();
                let mut hold = table.hold().to_vec();
                hold.extend(tempo.stretches(rate));
                rig.course.change(table.with_hold(hold));
                if !rig.rest(begins.saturating_sub(rig.course.elapsed())).await {
                    return found;
                }
            }
            Some(_) | None => {
                rig.course.finish(rig.course.elapsed());
                return found;
            }
        }
    }
}

fn judge(rig: &Rig, goal: &Goal, rate: f64, (begins, ends): (Duration, Duration), arrived: FlowRun) -> Attempt {
    let first = begins.as_secs_f64().ceil() as usize + SETTLING;
    let last = ends.as_secs_f64().floor() as usize;
    let steps = window(&rig.recorder, first, last);
    let answers: u64 = steps.iter().map(|step| step.in_hold).sum();
    let seconds = (last - first) as f64;
    let flows = [arrived];
    let sums = Sums { steps: &steps, flows: &flows, held_seconds: seconds, violations: Some(rig.ledger.violations()) };
    let (mut measured, mut missed) = (Vec::new(), Vec::new());
    for threshold in &goal.thresholds {
        let (figure, holds) = holds(None, threshold, &sums);
        if holds != Some(true) {
            missed.push(threshold.to_string());
        }
        measured.push(format!("{threshold}: {figure}"));
    }
    let held = missed.is_empty();
    Attempt { rate, answered: answers as f64 / seconds, measured, missed, held }
}

/// What came in these seconds, with the latencies of a second more: those that came late belong to them, but to no rate.
fn window(recorder: &Recorder, first: usize, last: usize) -> Vec<Measurement> {
    let mut steps = recorder.window(first, last + 1);
    for (step, exact) in steps.iter_mut().zip(recorder.window(first, last)) {
        step.in_hold = exact.in_hold;
    }
    steps
}

/// The arrivals of all flows so far.
fn arrivals(rig: &Rig, assignments: &[Arc<Assignment>]) -> FlowRun {
    let mut sum = FlowRun::default();
    for one in assignments {
        sum.merge(&one.report(&rig.course));
    }
    sum
}

/// What came between two looks.
fn since(before: &FlowRun, now: &FlowRun) -> FlowRun {
    let (old, new) = (before.arrivals.clone().unwrap_or_default(), now.arrivals.clone().unwrap_or_default());
    let arrivals = Arrivals {
        due: new.due.saturating_sub(old.due),
        made: new.made.saturating_sub(old.made),
        late_for_want_of_users: new.late_for_want_of_users.saturating_sub(old.late_for_want_of_users),
        late_by_generator: new.late_by_generator.saturating_sub(old.late_by_generator),
        lag: new.lag.since(&old.lag),
        seconds: Vec::new(),
    };
    FlowRun { passes: now.passes.saturating_sub(before.passes), arrivals: Some(arrivals), ..FlowRun::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::measure::{Step, Times};

    /// What a search over a provider that breaks above this rate comes to, and how many attempts it took.
    fn over(most: f64, first: f64) -> (f64, usize) {
        let mut search = Search::from(first);
        let mut attempts = 1;
        while search.next(search.rate <= most).is_some() {
            attempts += 1;
        }
        (search.good, attempts)
    }

    #[test]
    fn the_search_closes_in_on_the_most_from_below_in_few_attempts() {
        for most in [60.0, 777.0, 4_200.0, 19_000.0] {
            let (good, attempts) = over(most, 50.0);
            assert!(good <= most && good > 0.89 * most, "{good} of {most}");
            assert!(attempts < 20, "{attempts} for {most}");
        }
    }

    #[test]
    fn a_first_rate_that_is_too_high_is_gone_down_from() {
        let (good, _) = over(100.0, 10_000.0);
        assert!(good <= 100.0 && good > 85.0, "{good}");
    }

    #[test]
    fn a_provider_that_bears_nothing_ends_the_search() {
        assert_eq!(over(0.0, 100.0).0, 0.0);
    }

    #[test]
    fn the_rate_that_is_tried_is_none_in_the_ramp_and_in_a_gap() {
        let hold = [THOROUGH.stretches(50.0), THOROUGH.stretches(100.0)].concat();
        let table = Timetable::new(Duration::from_secs(1), Duration::ZERO, hold);
        let tried = [0.5, 1.0, 5.9, 6.5, 8.1, 12.9, 13.5, 99.0].map(|at| tried_at(&table, Duration::from_secs_f64(at)));
        assert_eq!(tried, [None, Some(50.0), Some(50.0), None, Some(100.0), Some(100.0), None, None]);
    }

    #[test]
    fn a_goal_is_all_of_its_thresholds() {
        let goal: Goal = "p99 < 50ms,  errors < 0.1%".parse().expect("it parses");
        assert_eq!(goal.to_string(), "p99 < 50ms, errors < 0.1%");
        assert!("p99 < 50ms; errors".parse::<Goal>().is_err());
        assert!("".parse::<Goal>().is_err());
    }

    #[test]
    fn what_comes_in_the_second_after_an_attempt_belongs_to_its_latency_and_not_to_its_rate() {
        let hold = vec![Stretch { span: Duration::from_secs(60), from: 1.0, to: 1.0 }];
        let course = Arc::new(crate::load::pace::Course::new(Timetable::new(Duration::ZERO, Duration::ZERO, hold), None));
        let began = course.begin();
        let recorder = Recorder::new([("refresh".to_owned(), Step::Token)], course, true);
        let meter = recorder.meter("refresh", Step::Token);
        let answer = |latency| {
            let times = Times { pass: began, intended: None, sent: began, service: latency };
            recorder.record(meter, &times, None);
        };
        answer(Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(1010));
        answer(Duration::from_millis(900));
        let seen = window(&recorder, 0, 1);
        assert_eq!((seen[0].in_hold, seen[0].count()), (1, 2));
        assert_eq!(seen[0].rate(1.0), Some(1.0));
    }
}
