//! What all users of a run share: where to send, what to count into, and when to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::guard::Guard;
use super::measure::Recorder;
use super::pace::Course;
use super::seen::Seen;
use crate::provider::Login;
use crate::wire::Wire;

/// The shared part of a run.
pub struct Rig {
    /// The run in time.
    pub course: Arc<Course>,
    /// What is measured.
    pub recorder: Recorder,
    /// The watch for repeated tokens and codes.
    pub seen: Seen,
    /// Sends for logins, and for what is not measured.
    pub wire: Wire,
    /// How users are made to approve.
    pub login: Login,
    /// Where load may go.
    pub guard: Guard,
    /// After which time an answer counts as not come.
    pub timeout: Duration,
    /// Abandons what is under way: Ctrl-C, or an end that took too long.
    pub cut: CancellationToken,
}

impl Rig {
    /// Whether no flow is to begin any more.
    pub fn is_over(&self) -> bool {
        self.cut.is_cancelled() || self.course.is_over()
    }

    /// Waits, unless the run ends within that time: then it says `false` as soon as it does.
    pub async fn rest(&self, span: Duration) -> bool {
        let left = self.course.ends().saturating_sub(self.course.elapsed());
        tokio::select! {
            () = self.cut.cancelled() => false,
            () = tokio::time::sleep(span.min(left)) => span < left,
        }
    }
}
