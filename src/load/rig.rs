//! What all users of a run share: where to send, what to count into, and when to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::answer;
use super::fault::Fault;
use super::flows::{Assignment, Party, shown};
use super::guard::Guard;
use super::invariant::Invariant;
use super::ledger::{Evidence, Ledger};
use super::measure::Recorder;
use super::obedience::Obedience;
use super::pace::Course;
use super::sample::Issued;
use super::seen::{Earlier, OpenCodes, Seen};
use crate::protocol::{Request, Response, Secret, Tokens};
use crate::provider::Login;
use crate::wire::Wire;

/// Between the beginnings of two requests or logins of the preparation: at most fifty a second.
pub const APART: Duration = Duration::from_millis(20);

/// Where in its course a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No user began yet.
    #[default]
    Before,
    /// Users begin, or the rate rises.
    Ramp,
    /// Full load that is not measured.
    Warmup,
    /// What is measured.
    Hold,
    /// Nothing begins any more.
    Over,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Before, Self::Ramp, Self::Warmup, Self::Hold, Self::Over];

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "preparing",
            Self::Ramp => "ramp",
            Self::Warmup => "warm-up",
            Self::Hold => "hold",
            Self::Over => "ending",
        }
    }
}

/// The shared part of a run.
pub struct Rig {
    /// The run in time.
    pub course: Arc<Course>,
    /// What is measured.
    pub recorder: Recorder,
    /// The watch for repeated tokens and codes.
    pub seen: Seen,
    /// User codes that name a device now.
    pub user_codes: OpenCodes,
    /// What must hold whatever the load.
    pub ledger: Ledger,
    /// Sends for logins, and for what is not measured.
    pub wire: Wire,
    /// How users are made to approve.
    pub login: Login,
    /// Obeys a provider that wants less.
    pub obedience: Obedience,
    /// Where load may go.
    pub guard: Guard,
    /// After which time an answer counts as not come.
    pub timeout: Duration,
    /// Abandons what is under way: Ctrl-C, or an end that took too long.
    pub cut: CancellationToken,
}

impl Rig {
    /// A token answer that is right in every respect, whose tokens were not issued before.
    pub fn tokens(&self, assignment: &Assignment, party: Party, request: &Request, response: &Response) -> Result<Tokens, Fault> {
        let tokens = self.access(assignment, party, request, response)?;
        match &tokens.refresh_token {
            Some(token) => self.once(Invariant::RefreshTokenIssuedOnce, token, Fault::TokenSeenTwice).map(|()| tokens),
            None => Ok(tokens),
        }
    }

    /// As [`Rig::tokens`], but the refresh token may be one that is known already.
    pub fn access(&self, assignment: &Assignment, party: Party, request: &Request, response: &Response) -> Result<Tokens, Fault> {
        let tokens = answer::token(response)?;
        let user = party.user.map(|user| assignment.users[user].username.as_str());
        let owner = self.seen.owner(&assignment.client(party).id, user);
        assignment.samples.tokens.offer(|| Issued::of(party, &tokens, shown(request, Ok(response))));
        self.ledger.watched(Invariant::AccessTokenForOne, 1);
        match self.seen.note(&tokens.access_token, owner) {
            Earlier::Not => Ok(tokens),
            // Some providers give a token that they still hold.
            Earlier::Here => {
                let got = "an access token that the same client was given for the same user before in this run";
                self.ledger
                    .remark(Invariant::AccessTokenForOne, || Evidence { got: Some(got.to_owned()), ..Evidence::default() });
                Ok(tokens)
            }
            Earlier::Elsewhere => Err(Fault::TokenOfAnother),
        }
    }

    /// Notes what is to be issued once in a run.
    pub fn once(&self, invariant: Invariant, secret: &Secret, again: Fault) -> Result<(), Fault> {
        self.ledger.watched(invariant, 1);
        if self.seen.first_time(secret) { Ok(()) } else { Err(again) }
    }

    /// Counts an answer as one that the invariant was looked at in, where it says whether it holds: an answer that is wrong in another way does not.
    pub fn watching<T>(&self, invariant: Invariant, judged: Result<T, Fault>) -> Result<T, Fault> {
        if judged.as_ref().err().is_none_or(|fault| Invariant::broken_by(fault) == Some(invariant)) {
            self.ledger.watched(invariant, 1);
        }
        judged
    }

    /// Hears an answer of the run, measured or not: a provider that wants less is obeyed. Before the clock it is the wire that rests.
    pub fn hear(&self, response: &Response) {
        if self.course.has_begun() {
            self.obedience.hear(response);
        }
    }

    /// Does something outside of the measurement; none where the run is cut first.
    pub async fn aside<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            () = self.cut.cancelled() => None,
            done = what => Some(done),
        }
    }

    /// Waits between two requests of the preparation, which is not to load the provider.
    pub async fn pause(&self) {
        tokio::time::sleep(APART).await;
    }

    /// Where the run is now.
    pub fn phase(&self) -> Phase {
        let (table, now) = (self.course.table(), self.course.elapsed());
        match () {
            () if !self.course.has_begun() => Phase::Before,
            () if now >= table.ends() || self.cut.is_cancelled() => Phase::Over,
            () if now >= table.hold_begins() => Phase::Hold,
            () if now >= table.ramp() => Phase::Warmup,
            () => Phase::Ramp,
        }
    }

    /// Whether no flow is to begin any more.
    pub fn is_over(&self) -> bool {
        self.cut.is_cancelled() || self.course.is_over()
    }

    /// Waits, unless the run ends within that time: then it says `false` as soon as it does.
    pub async fn rest(&self, span: Duration) -> bool {
        let left = self.course.ends().saturating_sub(self.course.elapsed());
        tokio::select! {
            () = self.cut.cancelled() => false,
            () = tokio::time::sleep(span.min(left)) => span < left,
        }
    }
}
