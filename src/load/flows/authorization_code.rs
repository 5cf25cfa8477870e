//! `authorization_code`: a whole login with PKCE in a fresh browser, and the redemption of the code (RFC 6749 section 4.1, RFC 7636).

use std::sync::Arc;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::Connection;
use crate::load::fault::Fault;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sign_in::{self, Astray, Granted};
use crate::provider::User;

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    turn: usize,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection, number: usize) -> Self {
        Self { assignment, line, turn: number }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let (assignment, user) = (&self.assignment, self.assignment.user(self.turn));
        self.turn += 1;
        let granted = shift.walk(Step::Login, log_in(rig, assignment, user)).await?;
        let request = granted.redeem(&assignment.token.url, &assignment.client);
        let judge = |response: &_| match answer::token(response)?.refresh_token {
            Some(token) if !rig.seen.first_time(&token) => Err(Fault::TokenSeenTwice),
            Some(_) | None => Ok(()),
        };
        shift.ask(&mut self.line, &request, Step::Token, judge).await
    }
}

/// A login that ends in a code which was not issued before.
async fn log_in(rig: &Rig, assignment: &Assignment, user: &User) -> Result<Granted, Astray> {
    let endpoint = assignment.authorization.as_ref().expect("a flow with a login has an authorization endpoint");
    let granted = sign_in::authorize(rig, endpoint, &assignment.client, user).await?;
    if rig.seen.first_time(granted.code()) {
        Ok(granted)
    } else {
        Err(Astray::new(Fault::CodeSeenTwice, "a code that was issued before".to_owned()))
    }
}

/// One login before the clock starts: does it work at all, and where does it lead?
pub async fn rehearse(rig: &Rig, assignment: &Assignment) -> Result<(), Astray> {
    log_in(rig, assignment, assignment.user(0)).await.map(drop)
}
