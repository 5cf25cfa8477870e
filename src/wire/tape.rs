//! The exchanges of one scenario, in order. They leave masked by all the secrets that passed, earlier or later.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::{Endpoint, Exchange, Failure, Masker, Request, Response, Secret, Vault, Way};

/// A recorder that its holders share.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Default)]
struct Reel {
    vault: Vault,
    exchanges: Vec<Taped>,
    left_out: usize,
    /// What the exchanges hold, in octets.
    held: usize,
}

/// One exchange, not masked yet.
struct Taped {
    request: Request,
    way: Way,
    outcome: Result<Response, Failure>,
}

/// A scenario that records more than this is flooding; the first ones are kept.
const LONGEST: usize = 500;

/// The octets of bodies and headers that a tape holds; beyond, an answer leaves its status and headers only.
const HEAVIEST: usize = 16 << 20;

impl Reel {
    /// The response as the tape can hold it.
    fn room_for(&mut self, response: &Response) -> Response {
        let headers: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let held = self.held + headers + response.body.len();
        if held <= HEAVIEST {
            self.held = held;
            return response.clone();
        }
        let body = format!("‹{} octets, left out: the exchanges before it are as long as a report may be›", response.body.len());
        self.held += headers + body.len();
        Response {
            status: response.status,
            headers: response.headers.clone(),
            body: body.into_bytes(),
            elapsed: response.elapsed,
        }
    }
}

impl Tape {
    /// An empty tape that already knows the provider file's secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let tape = Self::default();
        tape.learn(secrets);
        tape
    }

    /// Adds secrets that must never be shown.
    pub fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) {
        let mut reel = self.reel();
        for secret in secrets {
            reel.vault.learn(secret);
        }
    }

    /// Records one exchange that went where its URL says.
    pub fn record(&self, request: &Request, outcome: Result<&Response, &Failure>) {
        self.record_on(Way::default(), request, outcome);
    }

    /// Records one exchange that went this way.
    pub fn record_on(&self, way: Way, request: &Request, outcome: Result<&Response, &Failure>) {
        let mut reel = self.reel();
        reel.vault.learn_sent(request);
        if let Ok(response) = outcome {
            reel.vault.learn_from(response);
        }
        if reel.exchanges.len() < LONGEST {
            let outcome = match outcome {
                Ok(response) => Ok(reel.room_for(response)),
                Err(failure) => Err(failure.clone()),
            };
            reel.exchanges.push(Taped { request: request.clone(), way, outcome });
        } else {
            reel.left_out += 1;
        }
    }

    /// How many exchanges were recorded so far.
    pub fn len(&self) -> usize {
        let reel = self.reel();
        reel.exchanges.len() + reel.left_out
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The exchanges as they may be shown.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let reel = self.reel();
        let masker = reel.vault.masker();
        let shown = |Taped { request, way, outcome }: &Taped| Exchange {
            way: way.clone(),
            ..Exchange::shown(request, outcome.as_ref(), &masker)
        };
        reel.exchanges.iter().map(shown).collect()
    }

    /// What masks by all that is known so far.
    pub fn masker(&self) -> Masker {
        self.reel().vault.masker()
    }

    /// Which exchange was the last with this endpoint, or the last at all.
    pub fn last_of(&self, endpoint: Endpoint) -> Option<usize> {
        let reel = self.reel();
        let last = reel.exchanges.iter().rposition(|taped| taped.request.endpoint == endpoint);
        last.or(reel.exchanges.len().checked_sub(1))
    }

    /// The text with every secret replaced that passed this tape.
    pub fn mask(&self, text: &str) -> String {
        self.reel().vault.masker().mask(text)
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape({} exchanges)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;
    use crate::protocol::Answer;

    #[test]
    fn a_tape_that_is_full_keeps_the_status_of_what_comes_next_without_its_body() {
        let (tape, url) = (Tape::default(), Url::parse("http://127.0.0.1/").expect("a URL"));
        let response = |status| Response { status, headers: Vec::new(), body: vec![b'x'; 4 << 20], elapsed: Duration::ZERO };
        for status in 201..=206 {
            tape.record(&Request::get(Endpoint::Page, &url), Ok(&response(status)));
        }
        assert!(tape.reel().held < HEAVIEST + 1024, "{}", tape.reel().held);
        let exchanges = tape.exchanges();
        let Answer::Response { status, body, .. } = &exchanges[5].answer else { panic!("a response") };
        assert_eq!(*status, 206);
        assert!(body.contains("4194304 octets, left out"), "{body}");
    }
}
