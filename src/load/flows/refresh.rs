//! `refresh`: a chain of rotating refresh tokens, one per user (RFC 6749 section 6, RFC 9700 section 4.14.2).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Assignment, Missed, Party, Shift};
use crate::load::connection::Connection;
use crate::load::fault::Fault;
use crate::load::invariant::Invariant;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sample;
use crate::load::sign_in::{self, Astray, Entrance};
use crate::protocol::Secret;

/// How long a user waits after a login that was to begin a chain anew and failed.
const AFTER_A_FAILED_LOGIN: Duration = Duration::from_secs(1);

/// A chain: whose it is, its newest token, and one of those that it had before.
pub struct Chain {
    pub(super) party: Party,
    pub(super) token: Secret,
    spent: Option<(Secret, Instant)>,
    rotations: u64,
}

impl Chain {
    /// The chain that a login begins, where it brought a refresh token.
    pub(super) fn of(entrance: Entrance) -> Option<Self> {
        Some(Self::new(entrance.party, entrance.tokens.refresh_token?))
    }

    /// A chain that begins with this token.
    pub(super) fn new(party: Party, token: Secret) -> Self {
        Self { party, token, spent: None, rotations: 0 }
    }

    /// The chain after a refresh: one of the tokens that it had is remembered, each with the same odds.
    fn rotated(mut self, next: Option<Secret>) -> Self {
        if let Some(next) = next {
            let spent = std::mem::replace(&mut self.token, next);
            self.rotations += 1;
            if random_below(self.rotations) == 0 {
                self.spent = Some((spent, Instant::now()));
            }
        }
        self
    }

    /// Begins a chain by a login that is neither measured nor counted as an answer.
    pub(super) async fn begin_anew(rig: &Rig, assignment: &Assignment) -> Option<Self> {
        let begun = rig.aside(begin(rig, assignment, assignment.party(assignment.turn()))).await?.ok().and_then(Self::of);
        if begun.is_some() {
            rig.recorder.chains(|chains| chains.reseeded += 1);
        } else {
            rig.recorder.chains(|chains| chains.not_reseeded += 1);
            rig.rest(AFTER_A_FAILED_LOGIN).await;
        }
        begun
    }
}

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    chain: Option<Chain>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection) -> Self {
        let chain = assignment.entrance().and_then(Chain::of);
        Self { assignment, line, chain }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let Some(chain) = self.chain.take() else {
            self.chain = Chain::begin_anew(rig, &self.assignment).await;
            return Ok(());
        };
        let assignment = &self.assignment;
        let (party, token) = (chain.party, &chain.token);
        let request = assignment.client(party).refreshing(&assignment.token.url, token);
        let judge = |response: &_| match rig.access(assignment, party, &request, response)?.refresh_token {
            // The old one stays valid where no new one comes.
            None => Ok(None),
            Some(next) if next == *token && assignment.plan.rotates => Err(Fault::NotRotated),
            Some(next) if next == *token => Ok(None),
            Some(next) => rig.once(Invariant::RefreshTokenIssuedOnce, &next, Fault::TokenSeenTwice).map(|()| Some(next)),
        };
        match shift.ask(&mut self.line, &request, Step::Token, judge).await {
            Ok(next) => self.chain = Some(chain.rotated(next)),
            Err(Missed::Wrong(Fault::NotRotated)) => self.chain = Some(chain),
            // Whether the provider used the token up is not known: to send it again would be a replay.
            Err(Missed::Wrong(fault)) => {
                rig.recorder.chains(|chains| *chains.lost.entry(fault.to_string()).or_default() += 1);
            }
            Err(Missed::Cut) => return Err(Missed::Cut),
        }
        Ok(())
    }
}

/// What is left of a user's chain is looked at after the clock.
impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(Chain { party, token, spent, .. }) = self.chain.take() {
            self.assignment.samples.chains.keep(sample::Chain { party, newest: token, spent });
        }
    }
}

/// Evenly spread over successive calls: who is sampled is no secret.
fn random_below(bound: u64) -> u64 {
    RandomState::new().hash_one(bound) % bound
}

/// A login whose refresh token begins a chain.
pub async fn begin(rig: &Rig, assignment: &Assignment, party: Party) -> Result<Entrance, Astray> {
    let entrance = sign_in::enter(rig, assignment, party).await?;
    if entrance.tokens.refresh_token.is_none() {
        let fault = Fault::NoRefreshToken;
        return Err(Astray::new(fault.clone(), format!("the code was answered with: {fault}")));
    }
    Ok(entrance)
}
