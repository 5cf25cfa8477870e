//! `userinfo`: a protected resource, asked with a live token of a user (RFC 6750 section 2.1).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Assignment, Missed, Party, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::fault::Fault;
use crate::load::invariant::Invariant;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sign_in::{self, Entrance};
use crate::load::specimen::Live;
use crate::protocol::{Secret, request};

/// How long a user waits after a token could not be had.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
    token_line: Connection,
    live: Option<Live>,
    refresh: Option<(Party, Secret)>,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, token_line: Connection, timeout: Duration) -> Self {
        let line = Connection::new(assignment.place().origin.clone(), timeout);
        let mut it = Self { line, token_line, live: None, refresh: None, assignment };
        if let Some(entrance) = it.assignment.entrance() {
            it.take(entrance);
        }
        it
    }

    fn take(&mut self, entrance: Entrance) {
        self.live = Some(entrance.live);
        self.refresh = entrance.tokens.refresh_token.map(|token| (entrance.party, token));
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let Some(live) = self.live.take().filter(Live::is_good) else {
            self.renew(rig).await;
            return Ok(());
        };
        let assignment = &self.assignment;
        let subject = assignment.user(live.party).sub.as_deref();
        let request = request::resource(&assignment.place().url).bearer(&live.token);
        let judge = |response: &_| {
            let claims = answer::object(response)?;
            let Some(expected) = subject else { return Ok(()) };
            let Some(found) = claims.get("sub").and_then(Value::as_str) else { return Ok(()) };
            let judged = if found == expected { Ok(()) } else { Err(Fault::WrongClaims) };
            rig.watching(Invariant::TokenOfWhoAsked, judged)
        };
        let asked = shift.ask(&mut self.line, &request, Step::Userinfo, judge).await;
        // One that was refused is not good any more, whatever its time.
        if !matches!(asked, Err(Missed::Wrong(Fault::Status(401) | Fault::OAuth(_)))) {
            self.live = Some(live);
        }
        asked
    }

    /// Gets another token outside the measurement: by a refresh, else by a login.
    async fn renew(&mut self, rig: &Rig) {
        if let Some(None) = rig.aside(self.another(rig)).await {
            rig.rest(AFTER_A_FAILURE).await;
        }
    }

    async fn another(&mut self, rig: &Rig) -> Option<()> {
        let assignment = Arc::clone(&self.assignment);
        if let Some((party, token)) = self.refresh.take() {
            let request = assignment.client(party).refreshing(&assignment.token.url, &token);
            let response = self.token_line.send(&Outgoing::of(&request).ok()?).await.ok()?;
            rig.hear(&response);
            if let Ok(tokens) = rig.access(&assignment, party, &request, &response) {
                self.live = Some(Live::of(party, &tokens));
                self.refresh = Some((party, tokens.refresh_token.unwrap_or(token)));
                return Some(());
            }
        }
        let entrance = sign_in::enter(rig, &assignment, assignment.party(assignment.turn())).await.ok()?;
        self.take(entrance);
        Some(())
    }
}
