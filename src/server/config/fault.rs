//! What a realm's network is to be like where it is worse than it should be: slow, failing, or breaking off. For clients that must bear it.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// One fault. Several add up: their delays do, and of the rest the first that strikes counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultConfig {
    /// The endpoint it strikes; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointName>,
    /// How long answers are held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// The share of requests that are answered with [`status`](Self::status) and not looked at, from 0 to 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub error_rate: f64,
    /// The status of those.
    pub status: u16,
    /// The seconds that their `Retry-After` names; without, they have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The share of requests that are not looked at, and whose connection is closed without an answer, from 0 to 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub close_rate: f64,
    /// The share of requests that are served, and whose answer breaks off in the middle of its body, from 0 to 1: what the request did is done.
    #[serde(skip_serializing_if = "is_zero")]
    pub truncate_rate: f64,
}

impl Default for FaultConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            latency: None,
            error_rate: 0.0,
            status: 503,
            retry_after: None,
            close_rate: 0.0,
            truncate_rate: 0.0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(rate: &f64) -> bool {
    *rate == 0.0
}

/// How long answers are held back; never more than a minute, whatever comes out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Latency {
    /// Always as long.
    Fixed(Span),
    /// Anything between these, each as likely as the other.
    Uniform {
        /// The shortest.
        min: Span,
        /// The longest.
        max: Span,
    },
    /// The normal distribution, cut off at nothing.
    Normal {
        /// In the middle.
        mean: Span,
        /// Two in three are within this of the mean.
        deviation: Span,
    },
    /// The log-normal distribution, as networks have it: most are quick, some are very slow.
    Lognormal {
        /// Half of them are quicker.
        median: Span,
        /// Standard deviation of the logarithm: with 1.0, one in six takes more than e times the median.
        sigma: f64,
    },
}

/// The endpoints of a realm, as a configuration names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointName {
    /// The authorization endpoint, with its login and consent pages.
    Authorization,
    /// The token endpoint.
    Token,
    /// The introspection endpoint.
    Introspection,
    /// The revocation endpoint.
    Revocation,
    /// The device authorization endpoint.
    DeviceAuthorization,
    /// The pages where a user approves a device.
    DevicePages,
    /// The userinfo endpoint.
    Userinfo,
    /// The public keys.
    Jwks,
    /// The metadata, wherever it is served.
    Metadata,
}
