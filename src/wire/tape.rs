//! The exchanges of one scenario, in order. They leave masked by all the secrets that passed, earlier or later.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::{Endpoint, Exchange, Failure, Request, Response, Secret, Vault};

/// A recorder that its holders share.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Default)]
struct Reel {
    vault: Vault,
    exchanges: Vec<(Request, Result<Response, Failure>)>,
    left_out: usize,
}

/// A scenario that records more than this is flooding; the first ones are kept.
const LONGEST: usize = 500;

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

    /// Records one exchange.
    pub fn record(&self, request: &Request, outcome: Result<&Response, &Failure>) {
        let mut reel = self.reel();
        for secret in request.secrets() {
            reel.vault.learn(secret);
        }
        if let Ok(response) = outcome {
            reel.vault.learn_from(response);
        }
        if reel.exchanges.len() < LONGEST {
            reel.exchanges.push((request.clone(), outcome.cloned().map_err(Clone::clone)));
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
        reel.exchanges.iter().map(|(request, outcome)| Exchange::shown(request, outcome.as_ref(), &masker)).collect()
    }

    /// Which exchange was the last with this endpoint, or the last at all.
    pub fn last_of(&self, endpoint: Endpoint) -> Option<usize> {
        let reel = self.reel();
        let last = reel.exchanges.iter().rposition(|(request, _)| request.endpoint == endpoint);
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
