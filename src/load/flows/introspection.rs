//! `introspection`: tokens of several kinds are asked about, and each answer is judged by what the token is (RFC 7662).

use std::sync::Arc;
use std::time::Duration;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::Connection;
use crate::load::invariant::Invariant;
use crate::load::measure::Step;
use crate::load::plan::TokenKind;
use crate::load::rig::Rig;
use crate::load::specimen::{self, Lent, Live};

/// How long a user waits after a token could not be had.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// How long a user waits for another one who gets a token.
const UNTIL_RENEWED: Duration = Duration::from_millis(20);

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, timeout: Duration) -> Self {
        let line = Connection::new(assignment.place().origin.clone(), timeout);
        Self { assignment, line }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let assignment = &self.assignment;
        let turn = assignment.turn();
        let specimens = assignment.specimens();
        let is_live = specimens.kind(turn) == TokenKind::Live;
        let token = if is_live {
            match live(rig, assignment, turn).await {
                Some(live) => live.token,
                None => return Ok(()),
            }
        } else {
            specimens.dead(specimens.kind(turn), turn).token
        };
        let request = assignment.client(assignment.party(turn)).introspection(&assignment.place().url, &token);
        let invariant = if is_live { Invariant::LiveTokenActive } else { Invariant::DeadTokenInactive };
        let judge = |response: &_| rig.watching(invariant, answer::introspection(response, is_live).map(drop));
        shift.ask(&mut self.line, &request, Step::Introspection, judge).await
    }
}

/// A live token, made anew outside the measurement where the one that is there will not live much longer.
async fn live(rig: &Rig, assignment: &Assignment, turn: usize) -> Option<Live> {
    match assignment.specimens().lend(turn) {
        Lent::Good(live) => return Some(live),
        Lent::Renew => {}
        Lent::Wait => {
            rig.rest(UNTIL_RENEWED).await;
            return None;
        }
    }
    match rig.aside(specimen::mint(rig, assignment.holder())).await? {
        Ok((fresh, _)) => {
            assignment.specimens().renew(turn, Some(fresh.clone()));
            Some(fresh)
        }
        Err(_) => {
            rig.rest(AFTER_A_FAILURE).await;
            assignment.specimens().renew(turn, None);
            None
        }
    }
}
