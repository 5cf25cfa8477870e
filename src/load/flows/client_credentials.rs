//! `client_credentials`: one request for a token, the same each time (RFC 6749 section 4.4).

use std::sync::Arc;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::measure::Step;
use crate::load::sign_in::Astray;
use crate::protocol::{Failure, Request};

/// A user of the flow.
pub struct Worker {
    line: Connection,
    request: Box<Request>,
    outgoing: Result<Outgoing, Failure>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection) -> Self {
        let client = &assignment.client;
        let request = client.own_token_request(&assignment.token.url, client.scope().as_deref());
        Self { line, outgoing: Outgoing::of(&request), request: Box::new(request) }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        match &self.outgoing {
            Ok(outgoing) => {
                let judge = |response: &_| answer::token(response).map(drop);
                shift.ask_prepared(&mut self.line, &self.request, outgoing, Step::Token, judge).await
            }
            Err(failure) => {
                let astray = Astray::from(failure.clone());
                shift.walk(Step::Token, async { Err(astray) }).await
            }
        }
    }
}
