//! `revocation`: tokens of several kinds are revoked, live ones as soon as they are issued (RFC 7009).

use std::sync::Arc;
use std::time::Duration;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::Connection;
use crate::load::measure::Step;
use crate::load::plan::TokenKind;
use crate::load::sample::Issued;
use crate::load::specimen::{Live, revocation};

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    token_line: Connection,
    line: Connection,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, token_line: Connection, timeout: Duration) -> Self {
        let line = Connection::new(assignment.place().origin.clone(), timeout);
        Self { assignment, token_line, line }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let assignment = &self.assignment;
        let turn = assignment.turn();
        let party = assignment.party(turn);
        let specimens = assignment.specimens();
        let kind = specimens.kind(turn);
        let live = if kind == TokenKind::Live {
            let client = assignment.client(party);
            let request = client.own_token_request(&assignment.token.url, client.scope().as_deref());
            let judge = |response: &_| rig.tokens(assignment, party, &request, response);
            let tokens = shift.ask(&mut self.token_line, &request, Step::Token, judge).await?;
            Live::of(party, &tokens)
        } else {
            specimens.dead(kind, turn)
        };
        shift.ask(&mut self.line, &revocation(assignment, &live), Step::Revocation, answer::done).await?;
        if kind == TokenKind::Live {
            assignment.samples.revoked.offer(|| Issued { party, token: live.token, id_token: None, exchange: None });
        }
        Ok(())
    }
}
