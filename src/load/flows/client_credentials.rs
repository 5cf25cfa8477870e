//! `client_credentials`: one request for a token, the same each time (RFC 6749 section 4.4).

use std::sync::Arc;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::fault::Fault;
use crate::load::measure::Step;
use crate::protocol::Failure;

/// A user of the flow.
pub struct Worker {
    line: Connection,
    request: Result<Outgoing, Failure>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection) -> Self {
        let client = &assignment.client;
        let request = client.own_token_request(&assignment.token.url, client.scope().as_deref());
        Self { line, request: Outgoing::of(&request) }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        match &self.request {
            Ok(outgoing) => shift.ask_prepared(&mut self.line, outgoing, Step::Token, |it| answer::token(it).map(drop)).await,
            Err(failure) => {
                let fault = Fault::from(failure);
                shift.walk(Step::Token, async { Err(fault) }).await
            }
        }
    }
}
