//! `device`: a device asks for a code, a user decides, and the device polls until it is told (RFC 8628); an impatient one polls faster than it should.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Assignment, Missed, Party, Shift};
use crate::load::answer::{self, DeviceGrant};
use crate::load::connection::{Connection, Outgoing};
use crate::load::fault::Fault;
use crate::load::invariant::Invariant;
use crate::load::ledger::Evidence;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sample::Spent;
use crate::load::sign_in::{self, Astray, Decision};
use crate::protocol::{OAuthError, Request, Response, Tokens};

/// By how much a device slows down when told so (RFC 8628 section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// The most polls for one code after the user decided.
const MOST_POLLS: usize = 3;

/// The polls of an impatient device, and how many of them lie within one interval.
const STORM: usize = 10;

/// Fewer polls within the interval than this leave a provider room not to have said `slow_down` yet.
const FEWEST_TOO_FAST: usize = 3;

/// A user of the flow: a device, and the person who decides about it.
pub struct Worker {
    assignment: Arc<Assignment>,
    token_line: Connection,
    device_line: Connection,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, token_line: Connection, timeout: Duration) -> Self {
        let device_line = Connection::new(assignment.place().origin.clone(), timeout);
        Self { assignment, token_line, device_line }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let assignment = Arc::clone(&self.assignment);
        let turn = assignment.turn();
        let party = assignment.party(turn);
        let begin = begin(&assignment, party);
        let grant = shift.ask(&mut self.device_line, &begin, Step::Authorization, |response| judge(rig, response)).await?;
        // The interval counts from the last answer about the code.
        let mut heard = Instant::now();
        let poll = assignment.client(party).polling(&assignment.token.url, &grant.device_code);

        let mut interval = grant.interval;
        if assignment.plan.impatient {
            let slowed;
            (slowed, heard) = self.storm(shift, &poll, interval).await?;
            interval += SLOW_DOWN * u32::try_from(slowed).unwrap_or(u32::MAX);
        }
        if assignment.plan.impatient && !assignment.plan.approve.has(turn) {
            // Nobody minds the code of a device that was left alone.
            return Ok(());
        }
        let user = assignment.user(party);
        let decide = |decision| sign_in::decide(rig, &grant.verification, &grant.user_code, user, decision);
        let told = if assignment.plan.approve.has(turn) {
            shift.walk(Step::Approval, decide(Decision::Approve)).await?;
            let judge = |response: &_| rig.tokens(&assignment, party, &poll, response).map(drop);
            let told = self.wait(shift, &poll, Step::Token, heard, interval, judge).await;
            if told.is_ok() {
                assignment.samples.device_codes.keep(Spent { party, request: poll });
            }
            told
        } else {
            shift.walk(Step::Denial, decide(Decision::Deny)).await?;
            let judge = |response: &_| {
                let judged = answer::refusal(response, &["access_denied"], Fault::NotApproved);
                rig.watching(Invariant::NoTokenWithoutApproval, judged)
            };
            self.wait(shift, &poll, Step::Refusal, heard, interval, judge).await
        };
        if told.is_ok() {
            // Its device has been told: the provider may give the code to another.
            rig.user_codes.close(&grant.user_code);
        }
        told
    }

    /// Polls at the interval until the decision is told; not to be told it after so many polls is wrong.
    async fn wait(
        &mut self,
        shift: &mut Shift<'_>,
        poll: &Request,
        step: Step,
        heard: Instant,
        mut interval: Duration,
        judge: impl Fn(&Response) -> Result<(), Fault>,
    ) -> Result<(), Missed> {
        let mut wait = interval.saturating_sub(heard.elapsed());
        for _ in 0..MOST_POLLS {
            if !shift.rig.rest(wait).await {
                return Err(Missed::Cut);
            }
            let judge = |response: &_| match judge(response) {
                Err(fault) if fault == Fault::oauth("authorization_pending") => Err(Fault::StillPending),
                judged => judged,
            };
            match shift.ask(&mut self.token_line, poll, step, judge).await {
                Err(Missed::Wrong(Fault::StillPending)) => {}
                Err(Missed::Wrong(fault)) if fault == Fault::oauth("slow_down") => interval += SLOW_DOWN,
                ended => return ended,
            }
            wait = interval;
        }
        Err(Missed::Wrong(Fault::StillPending))
    }

    /// Polls ten times faster than told, before anybody decided: pending and `slow_down` are right, and the second is due. Says how often it came,
    /// and when the last answer did.
    async fn storm(&mut self, shift: &mut Shift<'_>, poll: &Request, interval: Duration) -> Result<(usize, Instant), Missed> {
        let rig = shift.rig;
        let gap = interval / u32::try_from(STORM).expect("ten fits");
        let (mut slowed, mut too_fast, mut last) = (0, 0, None::<Instant>);
        for _ in 0..STORM {
            if last.is_some() && !rig.rest(gap).await {
                return Err(Missed::Cut);
            }
            let sent = Instant::now();
            let judge = |response: &_| rig.watching(Invariant::NoTokenWithoutApproval, not_yet(response));
            slowed += usize::from(shift.ask(&mut self.token_line, poll, Step::Poll, judge).await?);
            // A machine that is busy elsewhere may have polled at the interval after all.
            too_fast += usize::from(last.is_some_and(|last| sent.duration_since(last) < interval / 2));
            last = Some(sent);
        }
        if too_fast >= FEWEST_TOO_FAST {
            rig.ledger.watched(Invariant::SlowDownWhereDue, 1);
            if slowed == 0 {
                rig.ledger.breach(Invariant::SlowDownWhereDue, || {
                    let got =
                        format!("authorization_pending for all of {STORM} polls, {too_fast} of them within half the interval");
                    Evidence { got: Some(got), ..Evidence::default() }
                });
            }
        }
        Ok((slowed, Instant::now()))
    }
}

/// Whether a device is told to wait, and whether it is told to slow down.
fn not_yet(response: &Response) -> Result<bool, Fault> {
    if Tokens::read(response).is_ok() {
        return Err(Fault::NotApproved);
    }
    match OAuthError::read(response) {
        Ok(error) if error.error == "slow_down" => Ok(true),
        Ok(error) if error.error == "authorization_pending" => Ok(false),
        Ok(error) => Err(Fault::oauth(&error.error)),
        Err(_) => Err(Fault::Status(response.status)),
    }
}

fn begin(assignment: &Assignment, party: Party) -> Request {
    let client = assignment.client(party);
    client.device_request(&assignment.place().url, client.scope().as_deref())
}

fn judge(rig: &Rig, response: &Response) -> Result<DeviceGrant, Fault> {
    let grant = answer::device(response)?;
    rig.once(Invariant::DeviceCodeIssuedOnce, &grant.device_code, Fault::DeviceCodeSeenTwice)?;
    let invariant = Invariant::UserCodeIssuedOnce;
    match rig.user_codes.open(&grant.user_code, grant.lifetime) {
        Some(is_first) => rig.watching(invariant, if is_first { Ok(grant) } else { Err(Fault::UserCodeSeenTwice) }),
        None => {
            rig.ledger.open(invariant, "more user codes were open at once than are remembered");
            Ok(grant)
        }
    }
}

/// One approval before the clock starts: does it work at all, and where does it lead? Nobody polls for the token.
pub async fn rehearse(rig: &Rig, assignment: &Assignment) -> Result<(), Astray> {
    let party = assignment.party(0);
    let mut line = Connection::new(assignment.place().origin.clone(), rig.timeout);
    let response = line.send(&Outgoing::of(&begin(assignment, party))?).await?;
    let grant = judge(rig, &response)
        .map_err(|fault| Astray::new(fault.clone(), format!("the device authorization was answered with: {fault}")))?;
    sign_in::decide(rig, &grant.verification, &grant.user_code, assignment.user(party), Decision::Approve).await
}
