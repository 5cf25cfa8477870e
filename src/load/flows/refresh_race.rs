//! `refresh_race`: one refresh token in two requests at once, of which one chain may come at most (RFC 9700 section 4.14.2).

use std::sync::Arc;

use super::refresh::Chain;
use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::fault::Fault;
use crate::load::invariant::Invariant;
use crate::load::ledger::{Evidence, seen};
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::protocol::{Secret, Tokens};
use crate::wire::Tape;

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    lines: [Connection; 2],
    chain: Option<Chain>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, lines: [Connection; 2]) -> Self {
        let chain = assignment.entrance().and_then(Chain::of);
        Self { assignment, lines, chain }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let Some(chain) = self.chain.take() else {
            self.chain = Chain::begin_anew(rig, &self.assignment).await;
            return Ok(());
        };
        let assignment = &self.assignment;
        let request = assignment.client(chain.party).refreshing(&assignment.token.url, &chain.token);
        let judge = |response: &_| {
            if Tokens::read(response).is_err() {
                return answer::refusal(response, &["invalid_grant"], Fault::NoToken).map(|()| None);
            }
            let tokens = rig.access(assignment, chain.party, &request, response)?;
            Ok(Some(tokens.refresh_token.unwrap_or_else(|| chain.token.clone())))
        };
        let answers = shift.ask_both(&mut self.lines, &request, Step::Race, judge).await;
        let mut won: Vec<Secret> = answers.into_iter().flatten().flatten().collect();
        // The same token for both is one chain.
        won.dedup();
        // A race that nobody won says nothing.
        rig.ledger.watched(Invariant::RaceHasOneWinner, u64::from(!won.is_empty()));
        self.chain = match won.as_slice() {
            [] => None,
            // The loser was a replay to a provider that looks closely, and may have killed the winner's chain.
            [next] => self.next(rig, &chain, next, &Tape::default()).await,
            several => {
                self.judge(rig, &chain, several).await;
                None
            }
        };
        Ok(())
    }

    /// Refreshes once more outside the measurement: what comes of it where the token still works.
    async fn next(&mut self, rig: &Rig, chain: &Chain, token: &Secret, tape: &Tape) -> Option<Chain> {
        let client = self.assignment.client(chain.party);
        let request = client.refreshing(&self.assignment.token.url, token);
        let outgoing = Outgoing::of(&request).ok()?;
        let response = rig.aside(self.lines[0].send(&outgoing)).await?;
        response.iter().for_each(|response| rig.hear(response));
        tape.record(&request, response.as_ref());
        let tokens = Tokens::read(&response.ok()?).ok()?;
        Some(Chain::new(chain.party, tokens.refresh_token.unwrap_or_else(|| token.clone())))
    }

    /// Both refreshes brought a token: whether both chains live on is seen by using both.
    async fn judge(&mut self, rig: &Rig, chain: &Chain, won: &[Secret]) {
        let tape = Tape::default();
        let mut alive = 0;
        for token in won {
            alive += usize::from(self.next(rig, chain, token, &tape).await.is_some());
        }
        if rig.cut.is_cancelled() {
            return;
        }
        let client = self.assignment.client(chain.party);
        let evidence = |got: String| Evidence { got: Some(got), client: Some(seen(client)), exchanges: tape.exchanges() };
        match (alive > 1, self.assignment.reuse_grace) {
            // Nothing obliges a provider to replace the token of a client that proves who it is (RFC 6749 section 6).
            (true, _) if !client.must_rotate() => {
                let got =
                    "two refresh tokens for one, which both work: for a confidential client, whose tokens need not be replaced";
                rig.ledger.remark(Invariant::RaceHasOneWinner, || evidence(got.to_owned()));
            }
            (true, None) => {
                let got = "two refresh tokens for one, which both work".to_owned();
                rig.ledger.breach(Invariant::RaceHasOneWinner, || evidence(got));
            }
            (true, Some(grace)) => {
                let got = format!("two refresh tokens for one, which both work, within the declared grace period of {grace:?}");
                rig.ledger.remark(Invariant::RaceHasOneWinner, || evidence(got));
            }
            (false, _) => {
                let got = "two refresh tokens for one, of which one works at most".to_owned();
                rig.ledger.remark(Invariant::RaceHasOneWinner, || evidence(got));
            }
        }
    }
}
