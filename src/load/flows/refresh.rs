//! `refresh`: a chain of rotating refresh tokens, one per user (RFC 6749 section 6, RFC 9700 section 4.14.2).

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::fault::Fault;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sign_in::{self, Astray};
use crate::protocol::Secret;

/// How long a user waits after a login that was to begin a chain anew and failed.
const AFTER_A_FAILED_LOGIN: Duration = Duration::from_secs(1);

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    number: usize,
    token: Option<Secret>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection, number: usize) -> Self {
        let token = assignment.chains.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self { assignment, line, number, token }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let Some(token) = self.token.take() else {
            self.begin_anew(rig).await;
            return Ok(());
        };
        let assignment = &self.assignment;
        let request = assignment.client.refreshing(&assignment.token.url, &token);
        let judged = shift
            .ask(&mut self.line, &request, Step::Token, |response| match answer::token(response)?.refresh_token {
                // The old one stays valid where no new one comes.
                None => Ok(None),
                Some(next) if next == token && assignment.rotates => Err(Fault::NotRotated),
                Some(next) if next == token => Ok(None),
                Some(next) if rig.seen.first_time(&next) => Ok(Some(next)),
                Some(_) => Err(Fault::TokenSeenTwice),
            })
            .await;
        match judged {
            Ok(next) => self.token = Some(next.unwrap_or(token)),
            Err(Missed::Wrong(Fault::NotRotated)) => self.token = Some(token),
            // Whether the provider used the token up is not known: to send it again would be a replay.
            Err(Missed::Wrong(fault)) => {
                rig.recorder.chains(|chains| *chains.lost.entry(fault.to_string()).or_default() += 1);
            }
            Err(Missed::Cut) => return Err(Missed::Cut),
        }
        Ok(())
    }

    /// Begins a chain by a login that is neither measured nor counted as an answer.
    async fn begin_anew(&mut self, rig: &Rig) {
        let begun = tokio::select! {
            () = rig.cut.cancelled() => return,
            begun = begin(rig, &self.assignment, self.number) => begun,
        };
        match begun {
            Ok(token) => {
                self.token = Some(token);
                rig.recorder.chains(|chains| chains.reseeded += 1);
            }
            Err(_) => {
                rig.recorder.chains(|chains| chains.not_reseeded += 1);
                rig.rest(AFTER_A_FAILED_LOGIN).await;
            }
        }
    }
}

/// A login whose refresh token begins a chain.
pub async fn begin(rig: &Rig, assignment: &Assignment, turn: usize) -> Result<Secret, Astray> {
    let endpoint = assignment.authorization.as_ref().expect("a flow with a login has an authorization endpoint");
    let granted = sign_in::authorize(rig, endpoint, &assignment.client, assignment.user(turn)).await?;
    let mut line = Connection::new(assignment.token.origin.clone(), rig.timeout);
    let request = granted.redeem(&assignment.token.url, &assignment.client);
    let response = line.send(&Outgoing::of(&request)?).await?;
    let judged = answer::token(&response).and_then(|tokens| tokens.refresh_token.ok_or(Fault::NoRefreshToken));
    let judged = judged.and_then(|token| if rig.seen.first_time(&token) { Ok(token) } else { Err(Fault::TokenSeenTwice) });
    judged.map_err(|fault| Astray::new(fault.clone(), format!("the code was answered with: {fault}")))
}
