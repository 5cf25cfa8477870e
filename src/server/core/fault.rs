//! Faults beside the defects: which requests of a realm are slow, fail, or break off. Decided by chance, before the endpoint is asked.

use std::f64::consts::TAU;
use std::time::Duration;

use super::endpoint::Surface;
use super::environment::Random;
use super::message::{Ending, Response};
use crate::server::config::{EndpointName, FaultConfig, Latency};

/// The longest that an answer is held back.
const LONGEST: Duration = Duration::from_secs(60);

/// The faults of one realm.
#[derive(Debug, Default)]
pub struct Faults(Vec<FaultConfig>);

/// A fault that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("faults[{place}]: `{member}` is {problem}")]
pub struct FaultError {
    place: usize,
    member: &'static str,
    problem: &'static str,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// How long its answer is held back.
    pub delay: Duration,
    /// What else befalls it.
    pub blow: Blow,
}

/// What befalls a request beside a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// Nothing.
    Spared,
    /// It is not looked at, and answered with this status and these seconds to wait.
    Failed(u16, Option<u32>),
    /// It is served, and the answer breaks off.
    Truncated,
    /// It is not looked at, and gets no answer.
    Closed,
}

impl Faults {
    /// The faults as configured.
    ///
    /// # Errors
    /// [`FaultError`] for a rate that is no share, for rates that are more than all requests together, for a status that is no error, and for a latency
    /// beyond a minute.
    pub fn of(configured: &[FaultConfig]) -> Result<Self, FaultError> {
        for (place, fault) in configured.iter().enumerate() {
            let wrong = |member, problem| FaultError { place, member, problem };
            let rates =
                [("error_rate", fault.error_rate), ("close_rate", fault.close_rate), ("truncate_rate", fault.truncate_rate)];
            if let Some((member, _)) = rates.into_iter().find(|(_, rate)| !(0.0..=1.0).contains(rate)) {
                return Err(wrong(member, "not between 0 and 1"));
            }
            if rates.into_iter().map(|(_, rate)| rate).sum::<f64>() > 1.0 + f64::EPSILON {
                return Err(wrong("error_rate", "more than 1 together with `close_rate` and `truncate_rate`"));
            }
            if !(400..=599).contains(&fault.status) {
                return Err(wrong("status", "not an error status (400 to 599)"));
            }
            if let Some(problem) = fault.latency.and_then(problem_of) {
                return Err(wrong("latency", problem));
            }
        }
        Ok(Self(configured.to_vec()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What becomes of a request to an endpoint of this kind.
    pub fn strike(&self, surface: Surface, random: &dyn Random) -> Strike {
        let mut strike = Strike { delay: Duration::ZERO, blow: Blow::Spared };
        for fault in self.0.iter().filter(|fault| fault.endpoint.is_none_or(|name| surface_of(name) == surface)) {
            if let Some(latency) = fault.latency {
                strike.delay = LONGEST.min(strike.delay + drawn(latency, random));
            }
            if strike.blow == Blow::Spared {
                strike.blow = blow(fault, random);
            }
        }
        strike
    }
}

impl Strike {
    /// The answer to a request that is not looked at.
    pub fn instead(&self) -> Option<Response> {
        match self.blow {
            Blow::Spared | Blow::Truncated => None,
            Blow::Closed => Some(Response::empty(503)),
            Blow::Failed(status, retry_after) => {
                let response = Response::empty(status).with("cache-control", "no-store");
                Some(match retry_after {
                    Some(seconds) => response.with("retry-after", seconds.to_string()),
                    None => response,
                })
            }
        }
    }

    /// The answer as it leaves.
    pub fn befall(self, response: &mut Response) {
        if !self.delay.is_zero() {
            response.delay = Some(response.delay.unwrap_or_default() + self.delay);
        }
        match self.blow {
            Blow::Spared | Blow::Failed(..) => {}
            Blow::Truncated => response.ending = Ending::Truncated,
            Blow::Closed => response.ending = Ending::Closed,
        }
    }
}

fn problem_of(latency: Latency) -> Option<&'static str> {
    const TOO_LONG: Option<&str> = Some("longer than a minute");
    let too_long = |span: crate::server::config::Span| span.duration() > LONGEST;
    match latency {
        Latency::Fixed(span) if too_long(span) => TOO_LONG,
        Latency::Uniform { min, max } if min > max => Some("a span whose `min` is more than its `max`"),
        Latency::Uniform { max, .. } if too_long(max) => TOO_LONG,
        Latency::Normal { mean, deviation } if too_long(mean) || too_long(deviation) => TOO_LONG,
        Latency::Lognormal { median, .. } if too_long(median) => TOO_LONG,
        Latency::Lognormal { sigma, .. } if !(0.0..=10.0).contains(&sigma) => {
            Some("a span whose `sigma` is not between 0 and 10")
        }
        Latency::Fixed(_) | Latency::Uniform { .. } | Latency::Normal { .. } | Latency::Lognormal { .. } => None,
    }
}

/// At most one of the three, so that each is as frequent as its rate says.
fn blow(fault: &FaultConfig, random: &dyn Random) -> Blow {
    let certain = fault.error_rate + fault.close_rate + fault.truncate_rate;
    if certain == 0.0 {
        return Blow::Spared;
    }
    let drawn = share(random);
    if drawn < fault.error_rate {
        Blow::Failed(fault.status, fault.retry_after)
    } else if drawn < fault.error_rate + fault.close_rate {
        Blow::Closed
    } else if drawn < certain {
        Blow::Truncated
    } else {
        Blow::Spared
    }
}

fn drawn(latency: Latency, random: &dyn Random) -> Duration {
    let milliseconds = match latency {
        Latency::Fixed(span) => return span.duration(),
        Latency::Uniform { min, max } => min.milliseconds() + share(random) * (max.milliseconds() - min.milliseconds()),
        Latency::Normal { mean, deviation } => mean.milliseconds() + standard_normal(random) * deviation.milliseconds(),
        Latency::Lognormal { median, sigma } => median.milliseconds() * (sigma * standard_normal(random)).exp(),
    };
    Duration::try_from_secs_f64(milliseconds.max(0.0) / 1_000.0).unwrap_or(LONGEST).min(LONGEST)
}

/// Anything from 0 up to, but not including, 1.
fn share(random: &dyn Random) -> f64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    // 53 bits are all that fit.
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number of the standard normal distribution (Box and Muller's way).
fn standard_normal(random: &dyn Random) -> f64 {
    let (radius, angle) = (1.0 - share(random), share(random));
    (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
}

fn surface_of(name: EndpointName) -> Surface {
    match name {
        EndpointName::Authorization => Surface::Authorization,
        EndpointName::Token => Surface::Token,
        EndpointName::Introspection => Surface::Introspection,
        EndpointName::Revocation => Surface::Revocation,
        EndpointName::DeviceAuthorization => Surface::DeviceAuthorization,
        EndpointName::DevicePages => Surface::DevicePages,
        EndpointName::Userinfo => Surface::Resource,
        EndpointName::Jwks => Surface::Keys,
        EndpointName::Metadata => Surface::Metadata,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::core::environment::SystemRandom;

    fn one(fault: FaultConfig) -> Faults {
        Faults::of(&[fault]).expect("a fault that can be")
    }

    fn milliseconds(latency: Latency) -> Vec<f64> {
        let faults = one(FaultConfig { latency: Some(latency), ..FaultConfig::default() });
        let mut drawn: Vec<f64> =
            (0..4_001).map(|_| faults.strike(Surface::Token, &SystemRandom).delay.as_secs_f64() * 1_000.0).collect();
        drawn.sort_by(f64::total_cmp);
        drawn
    }

    fn span(text: &str) -> crate::server::config::Span {
        text.parse().expect("a span")
    }

    #[test]
    fn each_blow_is_about_as_frequent_as_its_rate() {
        let faults = one(FaultConfig { error_rate: 0.5, close_rate: 0.25, truncate_rate: 0.125, ..FaultConfig::default() });
        let struck: Vec<Blow> = (0..8_000).map(|_| faults.strike(Surface::Token, &SystemRandom).blow).collect();
        // Eight standard deviations and more from the mean: as good as never.
        for (blow, expected) in
            [(Blow::Failed(503, None), 4_000), (Blow::Closed, 2_000), (Blow::Truncated, 1_000), (Blow::Spared, 1_000)]
        {
            let number = struck.iter().filter(|one| **one == blow).count();
            assert!(number.abs_diff(expected) < 400, "{blow:?}: {number}");
        }
    }

    #[test]
    fn latencies_are_distributed_as_they_say() {
        assert_eq!(milliseconds(Latency::Fixed(span("50ms")))[0], 50.0);
        let uniform = milliseconds(Latency::Uniform { min: span("10ms"), max: span("90ms") });
        assert!(uniform[0] >= 10.0 && uniform[4_000] <= 90.0 && (45.0..55.0).contains(&uniform[2_000]), "{}", uniform[2_000]);
        let normal = milliseconds(Latency::Normal { mean: span("100ms"), deviation: span("10ms") });
        assert!((98.0..102.0).contains(&normal[2_000]) && (87.0..93.0).contains(&normal[635]), "{}", normal[635]);
        let lognormal = milliseconds(Latency::Lognormal { median: span("100ms"), sigma: 1.0 });
        assert!((85.0..117.0).contains(&lognormal[2_000]) && lognormal[3_365] > 220.0, "{}", lognormal[3_365]);
        assert!(lognormal.iter().all(|drawn| *drawn <= 60_000.0));
    }

    #[test]
    fn a_fault_of_one_endpoint_spares_the_others_and_delays_add_up() {
        let slow = |endpoint| FaultConfig { endpoint, latency: Some(Latency::Fixed(span("1s"))), ..FaultConfig::default() };
        let faults = Faults::of(&[slow(Some(EndpointName::Token)), slow(None)]).expect("faults that can be");
        assert_eq!(faults.strike(Surface::Token, &SystemRandom).delay, Duration::from_secs(2));
        assert_eq!(faults.strike(Surface::Resource, &SystemRandom).delay, Duration::from_secs(1));
    }

    #[test]
    fn faults_that_cannot_be_are_named() {
        let sound = FaultConfig::default;
        for (fault, told) in [
            (FaultConfig { error_rate: 1.5, ..sound() }, "faults[0]: `error_rate` is not between 0 and 1"),
            (FaultConfig { close_rate: f64::NAN, ..sound() }, "faults[0]: `close_rate` is not between 0 and 1"),
            (
                FaultConfig { error_rate: 0.6, truncate_rate: 0.6, ..sound() },
                "faults[0]: `error_rate` is more than 1 together with `close_rate` and `truncate_rate`",
            ),
            (FaultConfig { status: 200, ..sound() }, "faults[0]: `status` is not an error status (400 to 599)"),
            (
                FaultConfig { latency: Some(Latency::Fixed(span("2m"))), ..sound() },
                "faults[0]: `latency` is longer than a minute",
            ),
        ] {
            assert_eq!(Faults::of(&[fault]).expect_err("it cannot be").to_string(), told);
        }
    }
}
