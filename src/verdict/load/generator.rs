//! What the generator of the load itself needed.

use serde::{Deserialize, Serialize};

use super::Latency;

/// What the process that made the load needed, over the hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// Threads that run users.
    pub threads: usize,
    /// Seconds of CPU, user and system.
    pub cpu_seconds: f64,
    /// Microseconds of CPU for each request.
    pub cpu_micros_per_request: f64,
    /// Of the CPU time that its threads could have had, the share that they used: from 0 to 1.
    pub cpu_share: f64,
    /// The most memory that was resident, in octets, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peak_memory: Option<u64>,
    /// By how much a task that was due began late, a hundred times a second.
    pub lag: Latency,
    /// Seconds of CPU that the reference server needed beside it, where it is a process of ours and the system tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server_cpu_seconds: Option<f64>,
    /// Answers that asked for a rest: 429 and 503.
    #[serde(skip_serializing_if = "is_none", default)]
    pub asked_to_rest: u64,
    /// Seconds for which all users rested on that account.
    #[serde(skip_serializing_if = "is_nothing", default)]
    pub rested_seconds: f64,
    /// Why the figures are the generator's and not the provider's, where they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound: Option<String>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

fn is_nothing(seconds: &f64) -> bool {
    *seconds == 0.0
}
