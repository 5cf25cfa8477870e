//! `metadata` and `jwks`: a document that clients fetch, read each time (RFC 8414 section 3, RFC 7517 section 5).

use std::sync::Arc;
use std::time::Duration;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::measure::Step;
use crate::load::plan::Flow;
use crate::protocol::{Endpoint, Request};

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    request: Request,
    prepared: Option<Outgoing>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, timeout: Duration) -> Self {
        let door = assignment.place();
        let line = Connection::new(door.origin.clone(), timeout);
        let endpoint = if assignment.flow == Flow::Jwks { Endpoint::Jwks } else { Endpoint::Metadata };
        let request = Request::get(endpoint, &door.url).header("accept", "application/json");
        Self { line, prepared: Outgoing::of(&request).ok(), request, assignment }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let step = if self.request.endpoint == Endpoint::Jwks { Step::Jwks } else { Step::Metadata };
        let issuer = &self.assignment.issuer;
        let judge = |response: &_| match step {
            Step::Jwks => answer::keys(response),
            _ => answer::metadata(response, issuer),
        };
        match &self.prepared {
            Some(outgoing) => shift.ask_prepared(&mut self.line, &self.request, outgoing, step, judge).await,
            None => shift.ask(&mut self.line, &self.request, step, judge).await,
        }
    }
}
