//! Looks at a run once a second while it is under way: tells how it goes, ends its warm-up, and sees to it that it ends.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::flows::Assignment;
use super::judge::{Sums, holds, thresholds_of};
use super::measure::steady::{self, FEWEST_SECONDS};
use super::plan::{Plan, Warmup};
use super::rig::Rig;
use super::tell::{News, Tell};
use crate::verdict::{FlowRun, Steadiness};

/// A threshold that says `else abort` is judged once the hold has lasted so long: the first answers of a run are no figures.
const ABORT_AFTER: Duration = Duration::from_secs(3);

/// Who looks at a run.
pub struct Watch {
    /// The run.
    pub rig: Arc<Rig>,
    /// The plan.
    pub plan: Arc<Plan>,
    /// The flows with their users.
    pub assignments: Vec<Arc<Assignment>>,
    /// Where news goes.
    pub tell: Arc<Tell>,
    /// The threshold that ended the run before its time.
    pub aborted: OnceLock<String>,
}

impl Watch {
    /// Tells once a second how it goes, and cuts the run when its last answers take too long.
    pub async fn keep(&self, interrupt: CancellationToken) {
        let (rig, tell) = (&self.rig, &self.tell);
        let mut second = tokio::time::interval(Duration::from_secs(1));
        // A late line must not be followed by a hurried one: each stands for a second.
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        second.tick().await;
        let mut errors = 0;
        let mut is_ending = false;
        loop {
            tokio::select! {
                () = interrupt.cancelled() => {
                    tell(News::Ending { interrupted: true });
                    return;
                }
                _ = second.tick() => {}
            }
            let (elapsed, recent) = (rig.course.elapsed(), rig.recorder.recent());
            errors += recent.wrong;
            if let Warmup::UntilSteady(_) = self.plan.warmup {
                end_warmup_when_steady(rig);
            }
            self.abort_if_missed();
            let ends = rig.course.ends();
            // An answer has its time-out to come, also the one that was asked for last.
            if elapsed > ends + rig.timeout {
                rig.cut.cancel();
                return;
            }
            if elapsed < ends || recent.count > 0 {
                let of = ends.as_secs_f64().ceil() as u64;
                let second = (elapsed.as_secs_f64().round() as u64).min(of);
                tell(News::Running { second, of, users: rig.recorder.users(), recent: &recent, errors });
            } else if !is_ending && rig.recorder.users() > 0 {
                is_ending = true;
                tell(News::Ending { interrupted: false });
            }
        }
    }

    /// Ends the hold if a threshold that says so does not hold.
    fn abort_if_missed(&self) {
        let rig = &self.rig;
        let held = rig.course.elapsed().saturating_sub(rig.course.table().hold_begins());
        let aborting: Vec<_> = thresholds_of(&self.plan).into_iter().filter(|(_, threshold)| threshold.aborts()).collect();
        if aborting.is_empty() || held < ABORT_AFTER || rig.course.is_over() {
            return;
        }
        let flows: Vec<FlowRun> = self.assignments.iter().map(|assignment| assignment.report(&rig.course)).collect();
        let sums = Sums {
            steps: &rig.recorder.sums(),
            flows: &flows,
            held_seconds: held.as_secs_f64(),
            violations: Some(rig.ledger.violations()),
        };
        let missed = aborting.iter().find(|(flow, threshold)| holds(*flow, threshold, &sums).1 == Some(false));
        if let Some((flow, threshold)) = missed {
            let name = flow.map_or_else(|| threshold.to_string(), |flow| format!("{flow}: {threshold}"));
            // The first one ends the run.
            drop(self.aborted.set(name));
            rig.course.finish(rig.course.elapsed());
        }
    }
}

/// Ends the warm-up now if its last seconds do not drift any more.
fn end_warmup_when_steady(rig: &Rig) {
    let (table, now) = (rig.course.table(), rig.course.elapsed());
    let warm = now.saturating_sub(table.ramp());
    if now >= table.hold_begins() || warm.as_secs() < FEWEST_SECONDS as u64 {
        return;
    }
    let ramp = table.ramp().as_secs_f64().ceil() as usize;
    let last: Vec<_> = rig.recorder.glances().iter().map(|step| recent_seconds(step, ramp)).collect();
    if steady::judge(&last, !rig.recorder.is_open()) == Steadiness::Steady {
        rig.course.change(table.with_warmup(warm));
    }
}

/// The last seconds of a warm-up that is judged while it goes on: enough to judge, and not so many that its beginning weighs for ever.
fn recent_seconds<T: Copy>(seconds: &[T], ramp: usize) -> Vec<T> {
    let warm = seconds.get(ramp..).unwrap_or_default();
    warm[warm.len().saturating_sub(2 * FEWEST_SECONDS)..].to_vec()
}
