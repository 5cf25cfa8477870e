//! `device`: a device asks for a code, a user approves it, and the device polls at the interval until it has its one token (RFC 8628).

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Assignment, Door, Missed, Shift};
use crate::load::answer::{self, DeviceGrant};
use crate::load::connection::{Connection, Outgoing};
use crate::load::fault::Fault;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sign_in::{self, Astray};
use crate::protocol::{Request, Response};

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
        let begin = begin(assignment, door);
        let grant = shift.ask(&mut self.device_line, &begin, Step::Authorization, |response| judge(rig, response)).await?;
        let begun = Instant::now();

        shift.walk(Step::Approval, sign_in::approve(rig, &grant.verification, &grant.user_code, user)).await?;

        let poll = assignment.client.polling(&assignment.token.url, &grant.device_code);
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

fn begin(assignment: &Assignment, door: &Door) -> Request {
    assignment.client.device_request(&door.url, assignment.client.scope().as_deref())
}

fn judge(rig: &Rig, response: &Response) -> Result<DeviceGrant, Fault> {
    let grant = answer::device(response)?;
    if rig.seen.first_time(&grant.device_code) { Ok(grant) } else { Err(Fault::CodeSeenTwice) }
}

/// One approval before the clock starts: does it work at all, and where does it lead? Nobody polls for the token.
pub async fn rehearse(rig: &Rig, assignment: &Assignment) -> Result<(), Astray> {
    let door = assignment.device_authorization.as_ref().expect("the device flow has a device authorization endpoint");
    let mut line = Connection::new(door.origin.clone(), rig.timeout);
    let response = line.send(&Outgoing::of(&begin(assignment, door))?).await?;
    let grant = judge(rig, &response)
        .map_err(|fault| Astray::new(fault.clone(), format!("the device authorization was answered with: {fault}")))?;
    sign_in::approve(rig, &grant.verification, &grant.user_code, assignment.user(0)).await
}
