//! How those who share a client take turns: the pace, the rest that a provider asks for, and what each of them met of both.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use super::account::Account;
use super::client::Wire;
use super::gate::{Gate, Permit};
use super::pace::Pace;
use super::pulse::Silence;
use super::rest::{LONGEST, Rested, Then, limits_rate};
use super::tape::Tape;
use crate::protocol::{Endpoint, Failure, Request, Response};

/// How often a request is sent to a provider that limits the rate.
const TRIES: u32 = 3;

impl Wire {
    /// The same client with a budget: after this many requests, every further one fails unsent.
    #[must_use]
    pub fn with_budget(mut self, most: u64) -> Self {
        self.gate = Arc::new(Gate::new(Some(most), self.gate.pace()));
        self
    }

    /// The same client at this pace.
    #[must_use]
    pub fn paced(mut self, pace: Pace) -> Self {
        self.gate = Arc::new(Gate::new(self.gate.most(), pace));
        self
    }

    /// This client for one of those who share it, a check for one: what it meets is kept apart.
    #[must_use]
    pub fn for_one(&self, who: &str) -> Self {
        let mut one = self.clone();
        one.account = Arc::new(Account::of(who));
        one
    }

    /// This client for what provokes a limit on purpose: an answer that limits the rate is one like any other, and nobody rests for it.
    #[must_use]
    pub fn provoking(&self) -> Self {
        let mut provoking = self.clone();
        provoking.heeds = false;
        provoking
    }

    /// From now on nobody who shares this client keeps a pace or rests: what follows is measured.
    pub fn measure(&self) {
        self.gate.lift();
    }

    /// How long this user has waited for turns so far.
    pub fn waited(&self) -> Duration {
        self.account.waited()
    }

    /// Why what this user was answered says nothing: the provider limits the rate, or there was no turn.
    pub fn spoiled(&self) -> Option<&str> {
        self.account.spoiled()
    }

    /// Whether this user was left without an answer, or got one of 500 and above.
    pub fn is_troubled(&self) -> bool {
        self.account.is_troubled()
    }

    /// Since when nobody who shares this client is answered, and what was under way then.
    pub fn silence(&self) -> Option<Silence> {
        self.pulse.silence()
    }

    /// What the limits of the provider's rate came to so far, for all who share this client.
    pub fn rested(&self) -> Rested {
        self.gate.rested()
    }

    /// Sends the request and writes the exchange, masked, onto the tape. Where the provider limits the rate, all who share this client rest
    /// as long as it asks, and the request is sent again, a few times.
    ///
    /// # Errors
    /// No whole response came within the bounds. That is on the tape as well.
    pub async fn send(&self, tape: &Tape, request: &Request) -> Result<Response, Failure> {
        let mut patience = self.patience();
        loop {
            match self.send_once(tape, request).await {
                Ok(response) if patience.lasts(&response) => {}
                outcome => return outcome,
            }
        }
    }

    /// As [`Self::send`], once: for who keeps account of every answer, and asks the [`Patience`] itself.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_once(&self, tape: &Tape, request: &Request) -> Result<Response, Failure> {
        if request.endpoint != Endpoint::Admin {
            self.waiting(self.gate.turns(1)).await?;
        }
        let outcome = self.send_in_turn(tape, request).await;
        if outcome.as_ref().is_ok_and(|response| !limits_rate(response)) {
            self.gate.answered();
        }
        outcome
    }

    /// Sends the same request so many times side by side. Their turns come together, so that a slow pace does not spread them.
    ///
    /// # Errors
    /// Each as [`Self::send`]; none is sent again.
    pub async fn send_together(&self, tape: &Tape, request: &Request, times: usize) -> Vec<Result<Response, Failure>> {
        let turns = self.waiting(self.gate.turns(u32::try_from(times).unwrap_or(u32::MAX))).await;
        if let Err(failure) = turns {
            return vec![Err(failure); times];
        }
        let outcomes = join_all((0..times).map(|_| self.send_in_turn(tape, request))).await;
        for response in outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()) {
            Patience { wire: self, tries: TRIES }.lasts(response);
        }
        outcomes
    }

    /// For one request: how often it is sent again.
    pub fn patience(&self) -> Patience<'_> {
        Patience { wire: self, tries: 1 }
    }

    /// Waits until one more login may be under way, and holds its place.
    pub async fn login_turn(&self) -> LoginTurn<'_> {
        // Where the gate is shut, the login's requests say so.
        LoginTurn { _permit: self.waiting(self.gate.login()).await.ok().flatten() }
    }
}

/// The place of a login that is under way.
#[derive(Debug)]
pub struct LoginTurn<'a> {
    _permit: Permit<'a>,
}

/// How long one request is sent again to a provider that limits the rate.
#[derive(Debug)]
pub struct Patience<'a> {
    wire: &'a Wire,
    tries: u32,
}

impl Patience<'_> {
    /// Whether this answer limits the rate and the request is to be sent again: the gate has it wait as long as all rest.
    pub fn lasts(&mut self, response: &Response) -> bool {
        if !self.wire.heeds || self.wire.gate.is_lifted() || !limits_rate(response) {
            return false;
        }
        let sent = Instant::now().checked_sub(response.elapsed).unwrap_or_else(Instant::now);
        let why = match self.wire.gate.limited(response, sent) {
            Then::Rest if self.tries < TRIES => {
                self.tries += 1;
                return true;
            }
            Then::Rest => format!("the request was sent {TRIES} times"),
            Then::TooLong(asked) => format!("it asks for {} s, a run rests {} s at most", asked.as_secs(), LONGEST.as_secs()),
            Then::NoUse => "it goes on however long the run rests".to_owned(),
        };
        self.wire.account.spoil(format!(
            "rate limited: the provider answers {} ({why}), which says nothing of the request; way out: `pace:` in the provider file, or \
             --jobs 1",
            response.status
        ));
        false
    }
}
