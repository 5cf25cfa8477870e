//! How a load run compares with an earlier one.

use serde::{Deserialize, Serialize};

use super::{Bearing, LoadRun, Measurement, Steadiness};

/// Microseconds by which a latency may differ from one run to the next, whatever its tolerance.
const LATENCY_NOISE: f64 = 200.0;

/// Answers per second by which a rate may.
const RATE_NOISE: f64 = 1.0;

/// Percentage points by which the share of errors may.
const ERROR_NOISE: f64 = 0.1;

/// The fewest answers beyond a percentile that make it worth comparing.
const FEWEST_BEYOND: f64 = 10.0;

/// The comparison with an earlier run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// When the earlier run began, RFC 3339, UTC.
    pub since: String,
    /// How much worse a figure may be, in percent.
    pub tolerance_percent: f64,
    /// What makes the two hard to compare, such as another number of users.
    pub caveats: Vec<String>,
    /// Every figure that both runs have.
    pub changes: Vec<Change>,
}

/// One figure in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The flow.
    pub flow: String,
    /// The step.
    pub step: String,
    /// The figure: `p50`, `p99`, `rate`, `errors`.
    pub figure: String,
    /// In the earlier run, in the figure's own unit: microseconds, answers per second, percent.
    pub before: f64,
    /// In this run.
    pub now: f64,
    /// Whether it is worse, beyond the tolerance.
    pub regressed: bool,
}

impl Changes {
    /// Compares a run with an earlier one, figure by figure: in each step the median and the 99th percentile of the latency, the rate, and the
    /// share of errors. One is worse if it is so by more than `tolerance_percent` of what it was, and by more than noise: 0.2 ms, one answer per
    /// second, 0.1 percentage points. A percentile with fewer than ten answers beyond it is not compared.
    pub fn between(before: &LoadRun, now: &LoadRun, tolerance_percent: f64) -> Self {
        let mut compared =
            Self { since: before.started.clone(), tolerance_percent, caveats: caveats(before, now), changes: Vec::new() };
        for step in &now.steps {
            let name = format!("{}/{}", step.flow, step.step);
            match before.steps.iter().find(|other| other.flow == step.flow && other.step == step.step) {
                None => compared.caveats.push(format!("the earlier run has no {name}")),
                Some(earlier) => {
                    compared.percentiles(earlier, step);
                    if let (Some(then), Some(rate)) = (earlier.rate(before.held_seconds), step.rate(now.held_seconds)) {
                        let regressed = then - rate > RATE_NOISE && rate < then * (1.0 - tolerance_percent / 100.0);
                        compared.figure(step, "rate", then, rate, regressed);
                    }
                    if earlier.count() > 0 && step.count() > 0 {
                        let [then, share] = [earlier, step].map(|one| one.error_share() * 100.0);
                        let regressed = share - then > ERROR_NOISE && share > then * compared.bound();
                        compared.figure(step, "errors", then, share, regressed);
                    }
                }
            }
        }
        let gone = before.steps.iter().filter(|step| !now.steps.iter().any(|one| one.flow == step.flow && one.step == step.step));
        compared.caveats.extend(gone.map(|step| format!("only the earlier run has {}/{}", step.flow, step.step)));
        compared
    }

    /// Whether a figure is worse, beyond the tolerance.
    pub fn regressed(&self) -> bool {
        self.changes.iter().any(|change| change.regressed)
    }

    /// How many times what it was a figure may be, where less is better.
    fn bound(&self) -> f64 {
        1.0 + self.tolerance_percent / 100.0
    }

    fn percentiles(&mut self, before: &Measurement, now: &Measurement) {
        for (figure, share) in [("p50", 0.5), ("p99", 0.99)] {
            let fewest = [before, now].map(|one| one.latency.count()).into_iter().min().unwrap_or_default();
            // A hair less, for 1 - 0.99 is a hair less than a hundredth.
            if (fewest as f64) * (1.0 - share) < FEWEST_BEYOND - 1e-6 {
                self.caveats.push(format!("too few answers to compare the {figure} of {}/{}", now.flow, now.step));
                continue;
            }
            if let (Some(then), Some(micros)) = (before.latency.quantile(share), now.latency.quantile(share)) {
                let (then, micros) = (then as f64, micros as f64);
                let regressed = micros - then > LATENCY_NOISE && micros > then * self.bound();
                self.figure(now, figure, then, micros, regressed);
            }
        }
    }

    fn figure(&mut self, step: &Measurement, figure: &str, before: f64, now: f64, regressed: bool) {
        let (flow, step, figure) = (step.flow.clone(), step.step.clone(), figure.to_owned());
        self.changes.push(Change { flow, step, figure, before, now, regressed });
    }
}

impl Change {
    /// By how much it changed, in percent of what it was, where that is something.
    pub fn percent(&self) -> Option<f64> {
        (self.before > 0.0).then(|| (self.now / self.before - 1.0) * 100.0)
    }
}

/// What makes the two hard to compare.
fn caveats(before: &LoadRun, now: &LoadRun) -> Vec<String> {
    let mut caveats = Vec::new();
    let mut differ = |what: &str, then: &str, now: &str| {
        if then != now {
            caveats.push(format!("{what}: {then} then, {now} now"));
        }
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let millis = |millis: u64| super::micros_in_words(millis as f64 * 1e3);
    let (then, is) = (&before.plan, &now.plan);
    differ("plan", &then.name, &is.name);
    differ("users", &then.users.to_string(), &is.users.to_string());
    differ("arrivals", &or_none(&then.arrivals), &or_none(&is.arrivals));
    differ("stages", &or_none(&some(then.stages.join(", "))), &or_none(&some(is.stages.join(", "))));
    differ("ramp", &millis(then.ramp_millis), &millis(is.ramp_millis));
    differ("hold", &millis(then.hold_millis), &millis(is.hold_millis));
    differ("time-out", &millis(then.timeout_millis), &millis(is.timeout_millis));
    differ("connections", &then.connections, &is.connections);
    differ("shard", &or_none(&then.shard), &or_none(&is.shard));
    differ("provider", &before.provider, &now.provider);
    differ("issuer", &without_port(&before.issuer), &without_port(&now.issuer));
    differ("flowproof", &before.flowproof, &now.flowproof);
    if before.interrupted {
        caveats.push("the earlier run was cut short".to_owned());
    }
    if let Some(bound) = &before.generator.bound {
        caveats.push(format!("the earlier run was held back by its generator: {bound}"));
    }
    for (which, run) in [("the earlier run", before), ("this run", now)] {
        if let Steadiness::Drifting { what, .. } = &run.steadiness {
            caveats.push(format!("{which} was not steady: {what}"));
        }
    }
    caveats
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The issuer without its port, which the embedded server takes anew each time.
fn without_port(issuer: &str) -> String {
    let Ok(mut url) = url::Url::parse(issuer) else { return issuer.to_owned() };
    match url.set_port(None) {
        Ok(()) => url.to_string(),
        Err(()) => issuer.to_owned(),
    }
}

impl LoadRun {
    /// Compares this run with an earlier one; a run that would have held is `regressed` if a figure is worse beyond the tolerance.
    pub fn compare(&mut self, earlier: &Self, tolerance_percent: f64) {
        let changes = Changes::between(earlier, self, tolerance_percent);
        if changes.regressed() && self.verdict == Bearing::Held {
            self.verdict = Bearing::Regressed;
        }
        self.changes = Some(changes);
    }
}
