//! `authorization_code`: a whole login with PKCE, in a fresh browser or in one that knows its user, and the redemption of the code (RFC 6749
//! section 4.1, RFC 7636).

use std::sync::Arc;

use super::{Assignment, Missed, Party, Shift};
use crate::load::connection::Connection;
use crate::load::measure::Step;
use crate::load::plan::Session;
use crate::load::rig::Rig;
use crate::load::sample::Spent;
use crate::load::sign_in::{self, Astray};
use crate::wire::Jar;

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    /// Whose browser it is, where it is kept.
    browser: Option<(Party, Jar)>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection, number: usize) -> Self {
        let browser = match assignment.plan.session {
            Session::Fresh => None,
            Session::Reused => Some(match assignment.entrance() {
                Some(entrance) => (entrance.party, entrance.jar),
                None => (assignment.party(number), Jar::default()),
            }),
        };
        Self { assignment, line, browser }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let assignment = &self.assignment;
        let turn = assignment.turn();
        let mut fresh = Jar::default();
        let (party, jar) = match &mut self.browser {
            Some((party, jar)) => (*party, jar),
            None => (assignment.party(turn), &mut fresh),
        };
        let granted = shift.walk(Step::Login, sign_in::authorize(rig, assignment, party, jar)).await?;
        let request = granted.redeem(&assignment.token.url, assignment.client(party));
        let judge = |response: &_| rig.tokens(assignment, party, &request, response).map(drop);
        shift.ask(&mut self.line, &request, Step::Token, judge).await?;
        assignment.samples.codes.keep(Spent { party, request });
        Ok(())
    }
}

/// One login before the clock starts: does it work at all, and where does it lead?
pub async fn rehearse(rig: &Rig, assignment: &Assignment) -> Result<(), Astray> {
    sign_in::authorize(rig, assignment, assignment.party(0), &mut Jar::default()).await.map(drop)
}
