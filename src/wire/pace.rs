//! How fast and how wide a provider may be asked.

use std::time::Duration;

/// What a provider is spared; what is not said is not bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// From the beginning of one request to that of the next.
    pub apart: Option<Duration>,
    /// Requests under way.
    pub at_once: Option<usize>,
    /// Logins under way: hashing a password costs a provider a hundred requests.
    pub logins_at_once: Option<usize>,
}
