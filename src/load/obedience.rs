//! A provider that answers 429 or 503 is obeyed: all users rest for as long as it asks, unless the plan says otherwise.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::rig::Rig;
use crate::protocol::Response;
use crate::wire::rest_asked;

/// Where the answer does not say how long.
const UNTOLD: Duration = Duration::from_secs(1);

/// No rest is longer: the run has a plan.
const LONGEST: Duration = Duration::from_secs(60);

/// How the users of a run obey.
pub struct Obedience {
    obeys: bool,
    /// Whether there is a rest to look at; users look at each turn.
    rests: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    until: Option<Instant>,
    answers: u64,
    rested: Duration,
}

impl Obedience {
    /// Of users that obey, or only count.
    pub fn new(obeys: bool) -> Self {
        Self { obeys, rests: AtomicBool::new(false), state: Mutex::default() }
    }

    /// Hears an answer.
    pub fn hear(&self, response: &Response) {
        if !matches!(response.status, 429 | 503) {
            return;
        }
        let span = rest_asked(response, SystemTime::now()).filter(|span| !span.is_zero()).unwrap_or(UNTOLD).min(LONGEST);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.answers += 1;
        if !self.obeys {
            return;
        }
        let now = Instant::now();
        let (was, wanted) = (state.until.map_or(now, |until| until.max(now)), now + span);
        if wanted > was {
            state.rested += wanted - was;
            state.until = Some(wanted);
            self.rests.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for the end of the rest that is asked for; `false` says that the run is over before it.
    pub async fn wait(&self, rig: &Rig) -> bool {
        while self.rests.load(Ordering::Relaxed) {
            let left = {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let left = state.until.map(|until| until.saturating_duration_since(Instant::now())).unwrap_or_default();
                if left.is_zero() {
                    state.until = None;
                    self.rests.store(false, Ordering::Relaxed);
                }
                left
            };
            if !left.is_zero() && !rig.rest(left).await {
                return false;
            }
        }
        true
    }

    /// How much longer all rest, where they do.
    pub fn left(&self) -> Option<Duration> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.until.map(|until| until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// Answers that asked for a rest, and how long all rested.
    pub fn rested(&self) -> (u64, Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.answers, state.rested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Response {
        let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned())).into_iter().collect();
        Response { status, headers, body: Vec::new(), elapsed: Duration::ZERO }
    }

    #[test]
    fn answers_of_one_moment_ask_for_one_rest() {
        let users = Obedience::new(true);
        for _ in 0..10 {
            users.hear(&answer(429, Some("2")));
        }
        users.hear(&answer(200, Some("9")));
        let (answers, rested) = users.rested();
        assert_eq!(answers, 10);
        assert!(rested >= Duration::from_secs(2) && rested < Duration::from_secs(3), "{rested:?}");
        assert!(users.left().is_some_and(|left| left > Duration::from_secs(1)));
    }

    #[test]
    fn who_does_not_obey_only_counts() {
        let users = Obedience::new(false);
        users.hear(&answer(503, None));
        assert_eq!((users.rested(), users.left()), ((1, Duration::ZERO), None));
    }

    #[test]
    fn no_rest_is_longer_than_the_bound() {
        let users = Obedience::new(true);
        users.hear(&answer(429, Some("86400")));
        assert!(users.rested().1 <= LONGEST);
    }

    #[test]
    fn a_rest_of_nothing_is_one_that_is_not_told() {
        let users = Obedience::new(true);
        users.hear(&answer(429, Some("0")));
        assert!(users.rested().1 > UNTOLD / 2);
    }
}
