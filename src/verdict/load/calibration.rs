//! What the generator of a machine can do, measured against the reference server.

use serde::{Deserialize, Serialize};

use super::Breakpoint;

/// Of its threads' time a generator that is not yet the limit uses at most this share.
const BUSY: f64 = 0.9;

/// A calibration: the ceiling of a machine's generator, which no figure of a provider can go beyond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The version of flowproof.
    pub flowproof: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Threads that the machine runs at once; the generator and the server share them.
    pub cores: usize,
    /// Of all that the machine could have done meanwhile, the share that other programs did, from 0 to 1, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub others: Option<f64>,
    /// The closed loop: more and more users, until they bring no more answers.
    pub ceilings: Vec<Ceiling>,
    /// The open loop: more and more arrivals, until they no longer begin in time.
    pub pacing: Pacing,
    /// Octets of memory for a thousand users, each with a connection of its own, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_per_thousand_users: Option<u64>,
}

/// How fast users that begin anew as soon as they are answered come through a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// The flow, or the plan whose flows they are.
    pub name: String,
    /// One number of users after the other, ascending.
    pub rungs: Vec<Rung>,
}

/// So many users, and what they came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Users at once.
    pub users: usize,
    /// Answers per second.
    pub rate: f64,
    /// Of them, wrong ones, in percent.
    pub error_percent: f64,
    /// Half of the answers took no longer, in microseconds.
    pub p50_us: u64,
    /// 99 in 100 took no longer, in microseconds.
    pub p99_us: u64,
    /// What the generator needed.
    pub generator: Cost,
    /// What the server needed, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<Cost>,
}

/// CPU that a process needed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Microseconds for each answer.
    pub micros_per_answer: f64,
    /// Of all cores of the machine, from 0 to 1.
    pub share: f64,
}

/// How many arrivals begin at their times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pacing {
    /// The flow, or the plan whose flows they are.
    pub name: String,
    /// Users that take the arrivals.
    pub users: usize,
    /// The rates that were tried, and the highest at which arrivals began in time.
    pub search: Breakpoint,
    /// What gave way first.
    pub limit: Limit,
}

/// What gave way first when arrivals came faster and faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Arrivals began late although a user was free.
    Generator,
    /// All users waited for answers, or the answers were wrong.
    Server,
    /// Nothing did at any rate that was tried.
    None,
}

impl Ceiling {
    /// The rung with the most answers.
    pub fn best(&self) -> Option<&Rung> {
        self.rungs.iter().max_by(|one, other| one.rate.total_cmp(&other.rate))
    }
}

impl Rung {
    /// Requests per second that the generator could send if it had all of the machine's cores, as its share of them here says: what a
    /// server on another machine would leave it, at best.
    pub fn alone(&self, cores: usize) -> Option<f64> {
        let micros = self.generator.micros_per_answer;
        (micros > 0.0).then(|| BUSY * cores as f64 * 1e6 / micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(users: usize, rate: f64, micros_per_answer: f64) -> Rung {
        let generator = Cost { micros_per_answer, share: 0.5 };
        Rung { users, rate, error_percent: 0.0, p50_us: 1, p99_us: 2, generator, server: None }
    }

    #[test]
    fn the_best_rung_is_the_fastest_whatever_its_users() {
        let ceiling =
            Ceiling { name: "refresh".to_owned(), rungs: vec![rung(1, 10.0, 1.0), rung(4, 30.0, 1.0), rung(16, 29.0, 1.0)] };
        assert_eq!(ceiling.best().map(|rung| rung.users), Some(4));
    }

    #[test]
    fn alone_it_has_nine_tenths_of_all_cores() {
        assert_eq!(rung(1, 1.0, 50.0).alone(2).map(f64::round), Some(36_000.0));
        assert_eq!(rung(1, 1.0, 0.0).alone(2), None);
    }
}
