//! `device`: a device asks for a code, a user approves it, and the device polls at the interval until it has its one token (RFC 8628).

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::Connection;
use crate::load::fault::Fault;
use crate::load::measure::Step;
use crate::load::sign_in::{self, scope};
use crate::protocol::request;

/// By how much a device slows down when told so (RFC 8628 section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// The most polls for one code after the user approved it.
const MOST_POLLS: usize = 3;

/// A user of the flow: a device, and the person who approves it.
pub struct Worker {
    assignment: Arc<Assignment>,
    token_line: Connection,
    device_line: Connection,
    turn: usize,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, token_line: Connection, number: usize, timeout: Duration) -> Self {
        let door = assignment.device_authorization.as_ref().expect("the device flow has a device authorization endpoint");
        let device_line = Connection::new(door.origin.clone(), timeout);
        Self { assignment, token_line, device_line, turn: number }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let (assignment, user) = (&self.assignment, self.assignment.user(self.turn));
        self.turn += 1;
        let door = assignment.device_authorization.as_ref().expect("the device flow has a device authorization endpoint");
        let auth = assignment.client.auth();
        let begin = request::device(&door.url).authenticate(&auth).set_some("scope", scope(&assignment.client));
        let judge = |response: &_| {
            let grant = answer::device(response)?;
            if rig.seen.first_time(&grant.device_code) { Ok(grant) } else { Err(Fault::CodeSeenTwice) }
        };
        let grant = shift.ask(&mut self.device_line, &begin, Step::Authorization, judge).await?;
        let begun = Instant::now();

        let approval = async {
            let approved = sign_in::approve(&rig.wire, &grant.verification, &grant.user_code, user).await;
            approved.map_err(|astray| astray.fault)
        };
        shift.walk(Step::Approval, approval).await?;

        let poll = request::poll(&assignment.token.url, &grant.device_code).authenticate(&auth);
        let mut interval = grant.interval;
        let mut wait = interval.saturating_sub(begun.elapsed());
        for _ in 0..MOST_POLLS {
            if !rig.rest(wait).await {
                return Err(Missed::Cut);
            }
            let judge = |response: &_| match answer::token(response) {
                Ok(tokens) => match tokens.refresh_token {
                    Some(token) if !rig.seen.first_time(&token) => Err(Fault::TokenSeenTwice),
                    Some(_) | None => Ok(()),
                },
                Err(fault) if fault == Fault::oauth("authorization_pending") => Err(Fault::StillPending),
                Err(fault) => Err(fault),
            };
            match shift.ask(&mut self.token_line, &poll, Step::Token, judge).await {
                Err(Missed::Wrong(Fault::StillPending)) => {}
                Err(Missed::Wrong(fault)) if fault == Fault::oauth("slow_down") => interval += SLOW_DOWN,
                ended => return ended,
            }
            wait = interval;
        }
        Ok(())
    }
}
