//! The pulse of the provider: which requests are under way, and which one was the first to be left without an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::protocol::{Endpoint, Failure, Method, Request, Response};

/// One request, as a report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whose it is: the id of a check, if it is one's.
    pub who: Option<String>,
    /// Its method.
    pub method: Method,
    /// Where it went.
    pub endpoint: Endpoint,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.who.as_deref().unwrap_or("a look at the provider");
        write!(f, "{who} ({} to its {})", self.method.as_str(), self.endpoint.name())
    }
}

/// The first request without an answer since the provider last gave one, and those that were under way with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The first.
    pub first: Asked,
    /// The others.
    pub others: Vec<Asked>,
    since: Instant,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "first left without an answer: {}", self.first)?;
        let others: Vec<String> = self.others.iter().map(ToString::to_string).collect();
        match others.as_slice() {
            [] => f.write_str("; nothing else was under way"),
            others => write!(f, "; under way with it: {}", others.join(", ")),
        }
    }
}

/// Kept by all who share a client.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Beats>);

#[derive(Debug, Default)]
struct Beats {
    count: u64,
    under_way: BTreeMap<u64, Asked>,
    answered: Option<Instant>,
    silence: Option<Silence>,
}

impl Pulse {
    /// A request begins.
    pub(super) fn begins(&self, who: Option<String>, request: &Request) -> UnderWay<'_> {
        let mut beats = self.lock();
        beats.count += 1;
        let number = beats.count;
        beats.under_way.insert(number, Asked { who, method: request.method, endpoint: request.endpoint });
        UnderWay { pulse: self, number, began: Instant::now() }
    }

    /// The silence that has lasted until now.
    pub(super) fn silence(&self) -> Option<Silence> {
        self.lock().silence.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Beats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way until this is dropped.
pub(super) struct UnderWay<'a> {
    pulse: &'a Pulse,
    number: u64,
    began: Instant,
}

impl UnderWay<'_> {
    /// It ended so.
    pub(super) fn ends(self, outcome: &Result<Response, Failure>) {
        let mut beats = self.pulse.lock();
        let Some(asked) = beats.under_way.remove(&self.number) else { return };
        match outcome {
            // A gateway answers in the place of one that is gone.
            Ok(Response { status: 502..=504, .. }) | Err(Failure::Connect(_) | Failure::Broken(_)) => {}
            // Others were answered in the meantime.
            Err(Failure::TimedOut(_)) if beats.answered.is_some_and(|answered| answered > self.began) => return,
            Err(Failure::TimedOut(_)) => {}
            Err(Failure::Unsendable(_)) => return,
            Ok(_) | Err(Failure::TooLong(_) | Failure::Malformed(_)) => {
                beats.answered = Some(Instant::now());
                // What was sent before may have been on its way still.
                if beats.silence.as_ref().is_some_and(|silence| self.began > silence.since) {
                    beats.silence = None;
                }
                return;
            }
        }
        if beats.silence.is_none() {
            let others = beats.under_way.values().cloned().collect();
            beats.silence = Some(Silence { first: asked, others, since: Instant::now() });
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.pulse.lock().under_way.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;

    fn asks<'a>(pulse: &'a Pulse, who: &str) -> UnderWay<'a> {
        let url = Url::parse("http://127.0.0.1/token").expect("a URL");
        pulse.begins(Some(who.to_owned()), &Request::post(Endpoint::Token, &url))
    }

    fn answer(status: u16) -> Result<Response, Failure> {
        Ok(Response { status, headers: Vec::new(), body: Vec::new(), elapsed: Duration::ZERO })
    }

    #[test]
    fn the_first_without_an_answer_is_kept_with_those_that_were_under_way() {
        let pulse = Pulse::default();
        let (before, culprit, neighbour) = (asks(&pulse, "before"), asks(&pulse, "culprit"), asks(&pulse, "neighbour"));
        before.ends(&answer(400));
        culprit.ends(&Err(Failure::Broken("reset".to_owned())));
        neighbour.ends(&Err(Failure::Broken("reset".to_owned())));
        asks(&pulse, "after").ends(&Err(Failure::Connect("refused".to_owned())));
        let silence = pulse.silence().expect("nobody answers");
        let told = "first left without an answer: culprit (POST to its token endpoint); under way with it: neighbour (POST to its token \
                    endpoint)";
        assert_eq!(silence.to_string(), told);
    }

    #[test]
    fn an_answer_to_what_was_asked_in_the_silence_ends_it_and_one_to_what_was_asked_before_does_not() {
        let pulse = Pulse::default();
        let (late, first) = (asks(&pulse, "late"), asks(&pulse, "first"));
        first.ends(&answer(502));
        std::thread::sleep(Duration::from_millis(2));
        late.ends(&answer(200));
        assert!(pulse.silence().is_some());
        asks(&pulse, "new").ends(&answer(500));
        assert_eq!(pulse.silence(), None);
    }

    #[test]
    fn a_time_out_while_others_are_answered_is_no_silence() {
        let pulse = Pulse::default();
        let (slow, other) = (asks(&pulse, "slow"), asks(&pulse, "other"));
        std::thread::sleep(Duration::from_millis(2));
        other.ends(&answer(200));
        slow.ends(&Err(Failure::TimedOut(Duration::from_secs(20))));
        assert_eq!(pulse.silence(), None);
        drop(asks(&pulse, "given up"));
        asks(&pulse, "slow").ends(&Err(Failure::TimedOut(Duration::from_secs(20))));
        assert_eq!(pulse.silence().map(|silence| silence.others), Some(Vec::new()));
    }
}
