//! `client_credentials`: one request for a token, the same each time (RFC 6749 section 4.4).

use std::sync::Arc;

use super::{Assignment, Missed, Party, Shift};
use crate::load::connection::{Connection, Outgoing};
use crate::load::measure::Step;
use crate::protocol::Request;

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    /// The request of the only client there is.
    prepared: Option<(Request, Outgoing)>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection) -> Self {
        // Thousands of clients have a request each, which is made when its turn comes.
        let only = (assignment.clients.len() == 1).then(|| request(&assignment, assignment.party(0)));
        let prepared = only.and_then(|request| Outgoing::of(&request).ok().map(|outgoing| (request, outgoing)));
        Self { assignment, line, prepared }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let assignment = &self.assignment;
        let party = assignment.party(assignment.turn());
        match &self.prepared {
            Some((request, outgoing)) => {
                let judge = |response: &_| rig.tokens(assignment, party, request, response).map(drop);
                shift.ask_prepared(&mut self.line, request, outgoing, Step::Token, judge).await
            }
            None => {
                let request = request(assignment, party);
                let judge = |response: &_| rig.tokens(assignment, party, &request, response).map(drop);
                shift.ask(&mut self.line, &request, Step::Token, judge).await
            }
        }
    }
}

fn request(assignment: &Assignment, party: Party) -> Request {
    let client = assignment.client(party);
    client.own_token_request(&assignment.token.url, client.scope().as_deref())
}
