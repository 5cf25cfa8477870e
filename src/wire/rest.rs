//! The rest that a provider asks for when it limits the rate: read from one answer, kept by all who share a client.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::protocol::{OAuthError, Response};

/// A provider that wants a longer rest is not waited for.
pub(super) const LONGEST: Duration = Duration::from_secs(120);

/// After so many rests with not one answer between them, none will come.
const MOST_FRUITLESS: u32 = 4;

/// Whether an answer says nothing of the request but that there were too many: 429, or 503 with `Retry-After` (RFC 6585 section 4, RFC
/// 9110 section 10.2.3). A device that is told to slow down has its answer (RFC 8628 section 3.5), whatever the status.
pub fn limits_rate(response: &Response) -> bool {
    match response.status {
        429 => !OAuthError::read(response).is_ok_and(|told| told.error == "slow_down"),
        503 => response.header("retry-after").is_some(),
        _ => false,
    }
}

/// How long an answer asks to wait, in seconds or until a date (RFC 9110 section 10.2.3); the date is read by the clock that wrote it,
/// where the answer tells its time.
pub fn rest_asked(response: &Response, now: SystemTime) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let told = response.header("date").and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    Some(until.duration_since(told.unwrap_or(now)).unwrap_or_default())
}

/// What comes of an answer that limits the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// All rest; whoever asked may ask again after it.
    Rest,
    /// The rest would be longer than anybody waits.
    TooLong(Duration),
    /// Rests are of no use.
    NoUse,
}

/// The rests of a run so far.
#[derive(Debug)]
pub(super) struct Rests {
    began: Instant,
    until: Instant,
    /// Rests in a row after which the provider had no other answer.
    fruitless: u32,
    answers: u64,
    held_back: u64,
    rested: Duration,
}

/// What the limits of a provider's rate came to so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rested {
    /// Answers that limited the rate.
    pub answers: u64,
    /// How often a request waited for a rest to end: one that was to be sent again, or one that came in between.
    pub held_back: u64,
    /// How long all rested in all.
    pub time: Duration,
}

impl Default for Rests {
    fn default() -> Self {
        let now = Instant::now();
        Self { began: now, until: now, fruitless: 0, answers: 0, held_back: 0, rested: Duration::ZERO }
    }
}

impl Rests {
    /// How long the rest still takes.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// So many requests wait for the end of the rest.
    pub fn hold_back(&mut self, many: u32) {
        self.held_back += u64::from(many);
    }

    /// What it came to; of a rest that still lasts, what is over.
    pub fn so_far(&self) -> Rested {
        Rested { answers: self.answers, held_back: self.held_back, time: self.rested.saturating_sub(self.left()) }
    }

    /// The provider has answered; it takes more.
    pub fn answered(&mut self) {
        self.fruitless = 0;
    }

    /// Takes up an answer that limits the rate, to a request of this moment.
    pub fn limited(&mut self, response: &Response, sent: Instant) -> Then {
        self.answers += 1;
        let asked = rest_asked(response, SystemTime::now());
        if let Some(long) = asked.filter(|asked| *asked > LONGEST) {
            return Then::TooLong(long);
        }
        let now = Instant::now();
        if sent < self.began || (self.fruitless > 0 && sent < self.until) {
            // It was under way when the rest began, and tells nothing new but how long.
            self.extend(now + asked.unwrap_or_default());
            return Then::Rest;
        }
        if self.fruitless >= MOST_FRUITLESS {
            return Then::NoUse;
        }
        // Who limits the rate and says that there is nothing to wait for has told nothing.
        let told = asked.filter(|asked| !asked.is_zero());
        let pause = told.unwrap_or(Duration::from_secs(1 << self.fruitless));
        self.fruitless += 1;
        (self.began, self.until) = (now, now);
        self.extend(now + pause);
        Then::Rest
    }

    fn extend(&mut self, until: Instant) {
        // Between two rests nobody rested.
        self.rested += until.saturating_duration_since(self.until.max(Instant::now()));
        self.until = self.until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO }
    }

    #[test]
    fn only_an_answer_that_says_nothing_of_the_request_limits_the_rate() {
        for (limits, answer) in [
            (true, said(429, &[], "")),
            (true, said(429, &[("content-type", "application/json")], r#"{"error":"invalid_request"}"#)),
            (false, said(429, &[("content-type", "application/json")], r#"{"error":"slow_down"}"#)),
            (true, said(503, &[("retry-after", "3")], "")),
            (false, said(503, &[], "")),
            (false, said(400, &[("retry-after", "3")], "")),
        ] {
            assert_eq!(limits_rate(&answer), limits, "{answer:?} {:?}", answer.headers);
        }
    }

    #[test]
    fn the_rest_is_read_from_seconds_and_from_a_date_by_the_clock_that_wrote_it() {
        let now = httpdate::parse_http_date("Wed, 25 Nov 2026 10:00:00 GMT").expect("a date");
        for (headers, seconds) in [
            (&[("retry-after", " 7 ")][..], Some(7)),
            (&[("retry-after", "Wed, 25 Nov 2026 10:00:09 GMT")], Some(9)),
            (&[("retry-after", "Wed, 25 Nov 2026 09:00:00 GMT")], Some(0)),
            (&[("retry-after", "Wed, 25 Nov 2026 12:00:09 GMT"), ("date", "Wed, 25 Nov 2026 12:00:00 GMT")], Some(9)),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-5")], None),
            (&[("retry-after", "99999999999999999999999")], None),
            (&[], None),
        ] {
            assert_eq!(rest_asked(&said(429, headers, ""), now), seconds.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn a_rest_of_no_told_length_grows_until_it_is_of_no_use_and_an_answer_begins_anew() {
        let mut rests = Rests::default();
        let limit = said(429, &[], "");
        let after = |rests: &Rests| rests.until.max(Instant::now());
        let past = ("retry-after", "Wed, 25 Nov 2020 09:00:00 GMT");
        let untold = [limit.clone(), said(429, &[("retry-after", "0")], ""), said(503, &[past], ""), limit.clone()];
        for (limit, seconds) in untold.iter().zip([1, 2, 4, 8]) {
            let sent = after(&rests);
            assert_eq!(rests.limited(limit, sent), Then::Rest);
            assert_eq!(rests.left().as_secs_f64().round() as u64, seconds);
        }
        let sent = after(&rests);
        assert_eq!(rests.limited(&limit, sent), Then::NoUse);
        rests.answered();
        assert_eq!(rests.limited(&limit, sent), Then::Rest);
        assert_eq!(rests.left().as_secs_f64().round() as u64, 1);
        assert_eq!((rests.answers, rests.rested.as_secs_f64().round() as u64), (6, 16));
    }

    #[test]
    fn a_rest_that_lasts_counts_as_far_as_it_is_over() {
        let mut rests = Rests::default();
        assert_eq!(rests.limited(&said(429, &[("retry-after", "60")], ""), Instant::now()), Then::Rest);
        rests.hold_back(3);
        let so_far = rests.so_far();
        assert_eq!((so_far.answers, so_far.held_back), (1, 3));
        assert!(so_far.time < Duration::from_secs(30), "{so_far:?}");
    }

    #[test]
    fn what_was_under_way_when_a_rest_began_makes_it_longer_but_is_no_rest_of_its_own() {
        let mut rests = Rests::default();
        let sent = Instant::now();
        assert_eq!(rests.limited(&said(429, &[("retry-after", "2")], ""), sent), Then::Rest);
        for _ in 0..20 {
            assert_eq!(rests.limited(&said(429, &[], ""), sent), Then::Rest);
        }
        assert_eq!(rests.limited(&said(503, &[("retry-after", "5")], ""), sent), Then::Rest);
        assert_eq!(rests.left().as_secs_f64().round() as u64, 5);
        assert_eq!(rests.fruitless, 1);
        assert_eq!(rests.limited(&said(429, &[("retry-after", "121")], ""), sent), Then::TooLong(Duration::from_secs(121)));
    }
}
