//! Reads what a run has come to: every figure of the register as it stands now, summed up by whoever asks and not by the users.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::instrument::{
    ARRIVALS_DUE, ARRIVALS_LATE, ARRIVALS_MADE, ARRIVALS_MISSING, ARRIVALS_WITHDRAWN, BUILD, ERRORS, GENERATOR_CPU,
    GENERATOR_LAG, GENERATOR_MEMORY, GENERATOR_THREADS, HTTP_REQUESTS, INVARIANT_CHECKS, INVARIANT_VIOLATIONS, Instrument, PHASE,
    REQUESTS, RESPONSE, REST_ASKED, REST_TIME, RUN, SERVICE, UNFINISHED, USERS,
};
use crate::chance;
use crate::load::fault::Fault;
use crate::load::flows::Assignment;
use crate::load::invariant::Invariant;
use crate::load::measure::vigil::{self, Vigil};
use crate::load::measure::{Standing, Timing, clocks};
use crate::load::post::due_in_hold;
use crate::load::rig::{Phase, Rig};
use crate::verdict::Latency;

/// An instrument with its points of now.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// What it is.
    pub instrument: &'static Instrument,
    /// One for each set of attributes.
    pub points: Vec<Point>,
}

/// A value with its attributes, in the order of the register.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The values of the instrument's attributes.
    pub attributes: Vec<Cow<'static, str>>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Whole, as counts and octets are.
    Whole(u64),
    /// Seconds.
    Seconds(f64),
    /// Durations.
    Durations(Latency),
}

/// What the figures of a run are read from.
pub struct Figures {
    /// What the users share.
    pub rig: Arc<Rig>,
    /// The flows.
    pub assignments: Vec<Arc<Assignment>>,
    /// The generator's eye on itself.
    pub vigil: Arc<Vigil>,
    /// What is run.
    pub about: About,
}

/// What a run is called.
#[derive(Clone, Debug)]
pub struct About {
    /// The plan's name: of a file its own, without where it lies, which is nobody's business but the user's.
    pub plan: String,
    /// Which part of it is run, such as `1/4`.
    pub shard: String,
    /// The provider's name.
    pub provider: String,
}

impl About {
    /// The attributes of a resource that is a generator, by their names of OpenTelemetry: each generator and each run is an instance of its own.
    pub fn resource(&self) -> Vec<(String, String)> {
        let instance: String = chance::octets::<16>().iter().map(|octet| format!("{octet:02x}")).collect();
        let attributes = [
            ("service.name", "flowproof"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("service.instance.id", &instance),
            ("flowproof.load.plan", &self.plan),
            ("flowproof.load.shard", &self.shard),
            ("flowproof.load.provider", &self.provider),
        ];
        attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}

/// Collects the points of one instrument.
fn family<A: IntoIterator<Item = (Vec<Cow<'static, str>>, Value)>>(instrument: &'static Instrument, points: A) -> Family {
    Family { instrument, points: points.into_iter().map(|(attributes, value)| Point { attributes, value }).collect() }
}

fn one(instrument: &'static Instrument, value: Value) -> Family {
    family(instrument, [(Vec::new(), value)])
}

impl Figures {
    /// Every figure as it stands now; what cannot be told has no points.
    pub fn read(&self) -> Vec<Family> {
        let About { plan, shard, provider } = self.about.clone();
        let mut families = vec![
            family(BUILD, [(vec![env!("CARGO_PKG_VERSION").into()], Value::Whole(1))]),
            family(RUN, [(vec![plan.into(), shard.into(), provider.into()], Value::Whole(1))]),
            self.phase(),
            one(USERS, Value::Whole(self.rig.recorder.users() as u64)),
        ];
        families.extend(self.steps());
        families.extend(self.arrivals());
        families.extend(self.invariants());
        let (asked, rested) = self.rig.obedience.rested();
        families.extend([one(REST_ASKED, Value::Whole(asked)), one(REST_TIME, Value::Seconds(rested.as_secs_f64()))]);
        families.extend(self.generator());
        families
    }

    fn phase(&self) -> Family {
        let now = self.rig.phase();
        family(PHASE, Phase::ALL.map(|phase| (vec![phase.name().into()], Value::Whole(u64::from(phase == now)))))
    }

    fn steps(&self) -> [Family; 6] {
        let [mut requests, mut errors, mut unfinished, mut response, mut service] =
            [REQUESTS, ERRORS, UNFINISHED, RESPONSE, SERVICE].map(|instrument| family(instrument, []));
        for (flow, step, standing) in self.rig.recorder.standings() {
            let Standing { right, wrong, right_before, wrong_before, unfinished: cut, latency, service: served } = standing;
            let names = || vec![Cow::Owned(flow.to_owned()), Cow::Borrowed(step.name())];
            let put = |family: &mut Family, more: &[Cow<'static, str>], value| {
                let attributes = names().into_iter().chain(more.iter().cloned()).collect();
                family.points.push(Point { attributes, value });
            };
            for (right, wrong, measured) in [(right_before, wrong_before, "false"), (right, wrong, "true")] {
                let all = right + wrong.values().sum::<u64>();
                put(&mut requests, &[measured.into()], Value::Whole(all));
                for (kind, count) in by_kind(&wrong) {
                    put(&mut errors, &[measured.into(), kind], Value::Whole(count));
                }
            }
            put(&mut unfinished, &[], Value::Whole(cut));
            put(&mut response, &[], Value::Durations(latency.latency()));
            if let Some(served) = served.as_ref().map(Timing::latency) {
                put(&mut service, &[], Value::Durations(served));
            }
        }
        [requests, errors, unfinished, one(HTTP_REQUESTS, Value::Whole(self.rig.recorder.requests())), response, service]
    }

    fn arrivals(&self) -> [Family; 5] {
        let mut families = [ARRIVALS_DUE, ARRIVALS_MADE, ARRIVALS_WITHDRAWN, ARRIVALS_LATE, ARRIVALS_MISSING]
            .map(|instrument| family(instrument, []));
        let [due, made, withdrawn, late, missing] = &mut families;
        for assignment in &self.assignments {
            let Some(lane) = &assignment.lane else { continue };
            // What is made was due: asked for in this order, none is made too many.
            let (begun, taken_back) = assignment.post.passes();
            let by_now = due_in_hold(&self.rig.course, lane);
            let name = || Cow::Owned(assignment.label.clone());
            let put = |family: &mut Family, cause: Option<&'static str>, count| {
                let attributes = [name()].into_iter().chain(cause.map(Cow::Borrowed)).collect();
                family.points.push(Point { attributes, value: Value::Whole(count) });
            };
            put(due, None, by_now);
            put(made, None, begun.passes);
            put(withdrawn, None, taken_back.passes);
            put(late, Some("users"), begun.late_for_want_of_users);
            put(late, Some("generator"), begun.late_by_generator);
            put(missing, None, by_now.saturating_sub(begun.passes.saturating_sub(taken_back.passes)));
        }
        families
    }

    fn invariants(&self) -> [Family; 2] {
        let mut families = [INVARIANT_CHECKS, INVARIANT_VIOLATIONS].map(|instrument| family(instrument, []));
        for invariant in Invariant::ALL {
            let meaning = invariant.meaning();
            let (checked, broken) = self.rig.ledger.standing(*invariant);
            for (family, count) in families.iter_mut().zip([checked, broken]) {
                let attributes = vec![meaning.slug.into(), meaning.level.name().into()];
                family.points.push(Point { attributes, value: Value::Whole(count) });
            }
        }
        families
    }

    fn generator(&self) -> [Family; 4] {
        let memory = vigil::resident_memory().map(|octets| (Vec::new(), Value::Whole(octets)));
        [
            one(GENERATOR_CPU, Value::Seconds(clocks::cpu_time().as_secs_f64())),
            family(GENERATOR_MEMORY, memory),
            one(GENERATOR_THREADS, Value::Whole(self.vigil.threads() as u64)),
            one(GENERATOR_LAG, Value::Durations(self.vigil.lag())),
        ]
    }
}

/// Wrong answers by a kind of which there are not too many: a server can send any status, and each would be a series for ever.
fn by_kind(wrong: &BTreeMap<Fault, u64>) -> BTreeMap<Cow<'static, str>, u64> {
    let mut kinds = BTreeMap::new();
    for (fault, count) in wrong {
        let is_known = |status: u16| http::StatusCode::from_u16(status).is_ok_and(|status| status.canonical_reason().is_some());
        let kind = match fault.status() {
            Some(status) if !is_known(status) => Cow::Borrowed("unregistered status"),
            Some(_) | None => Cow::Owned(fault.to_string()),
        };
        *kinds.entry(kind).or_default() += count;
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_makes_up_statuses_makes_one_series() {
        let wrong: BTreeMap<Fault, u64> = (100..1000).map(|status| (Fault::Status(status), 1)).collect();
        let kinds = by_kind(&wrong);
        assert!(kinds.len() < 80, "{}", kinds.len());
        assert_eq!((kinds["status 503"], kinds.values().sum::<u64>()), (1, 900));
        assert!(kinds["unregistered status"] > 800);
    }
}
