//! Looks once more at what was issued, after the clock: whose tokens are, who signed them, and whether what was used up is dead. None of it is measured.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::flows::{Assignment, Party};
use super::invariant::Invariant;
use super::ledger::{Evidence, Ledger};
use super::rig::Rig;
use super::specimen;
use super::tell::{News, Tell};
use crate::protocol::answer::describe;
use crate::protocol::{Endpoint, Failure, OAuthError, Request, Response, Secret, Tokens};
use crate::provider::{Client, Endpoints, Provider};
use crate::verdict::ClientSeen;
use crate::wire::Tape;

mod whose;

/// Of each sort and flow, so many at most.
const LOOKED_AT: usize = 8;

/// The longest that all of it may take.
const LONGEST: Duration = Duration::from_secs(60);

/// The longest that is waited for a declared grace period to end.
const LONGEST_GRACE: Duration = Duration::from_secs(10);

/// Looks at samples of what the run brought, and writes what it finds into the ledger; `interrupt` ends it at once.
pub async fn look(
    rig: &Rig,
    provider: &Provider,
    endpoints: &Endpoints,
    assignments: &[(Arc<Assignment>, usize)],
    interrupt: &CancellationToken,
    tell: &Tell,
) {
    if interrupt.is_cancelled() || rig.recorder.is_silent() {
        return;
    }
    tell(News::Looking);
    let look = Look { rig, ledger: &rig.ledger, provider, endpoints };
    let looked = tokio::select! {
        biased;
        () = interrupt.cancelled() => return,
        looked = tokio::time::timeout(LONGEST, look.all(assignments)) => looked,
    };
    if let Ok(Err(failure)) = looked {
        // Whatever was not looked at is told of as such, and not held against anybody.
        tell(News::NotLooked(&failure.to_string()));
    }
}

struct Look<'a> {
    rig: &'a Rig,
    ledger: &'a Ledger,
    provider: &'a Provider,
    endpoints: &'a Endpoints,
}

impl Look<'_> {
    /// What kills nothing comes first.
    async fn all(&self, assignments: &[(Arc<Assignment>, usize)]) -> Result<(), Failure> {
        self.tokens(assignments).await?;
        for (assignment, _) in assignments {
            self.revoked(assignment).await?;
        }
        for (assignment, _) in assignments {
            self.chains(assignment).await?;
            let samples = &assignment.samples;
            self.spent(assignment, samples.codes.take(), Invariant::CodeWorthOneToken).await?;
            self.spent(assignment, samples.device_codes.take(), Invariant::DeviceCodeWorthOneToken).await?;
        }
        Ok(())
    }

    fn tape(&self) -> Tape {
        Tape::new(self.provider.secrets())
    }

    async fn send(&self, tape: &Tape, request: &Request) -> Result<Response, Failure> {
        self.rig.wire.send(tape, request).await
    }

    /// Sends again what brought a token once: it is refused.
    async fn spent(
        &self,
        assignment: &Assignment,
        spent: Vec<super::sample::Spent>,
        invariant: Invariant,
    ) -> Result<(), Failure> {
        for one in spent.into_iter().take(LOOKED_AT) {
            let tape = self.tape();
            let response = self.send(&tape, &one.request).await?;
            self.judge_refusal(invariant, &response, &tape, assignment.client(one.party), None);
        }
        Ok(())
    }

    /// Uses the newest token of a chain, which has to work, and then those that it had before: this one, and one that was replaced under load. Whoever
    /// sees the first as a replay ends the whole chain, so they take turns to be first.
    async fn chains(&self, assignment: &Assignment) -> Result<(), Failure> {
        let invariant = Invariant::RotatedTokenDead;
        for (number, chain) in assignment.samples.chains.take().into_iter().take(LOOKED_AT).enumerate() {
            // A chain without one was never rotated.
            let Some((spent, since)) = chain.spent else { continue };
            if let Some(left) = assignment.reuse_grace.and_then(|grace| grace.checked_sub(since.elapsed())) {
                if left > LONGEST_GRACE {
                    self.ledger.open(invariant, "the declared grace period of the replaced tokens was not over");
                    continue;
                }
                tokio::time::sleep(left).await;
            }
            let (tape, client) = (self.tape(), assignment.client(chain.party));
            let refresh = |token: &Secret| client.refreshing(&assignment.token.url, token);
            let witness = self.send(&tape, &refresh(&chain.newest)).await?;
            if Tokens::read(&witness).is_err() {
                let came = describe(&witness);
                self.ledger.open(invariant, format!("the newest refresh token of a chain did not work after the run: {came}"));
                continue;
            }
            let mut dead = vec![spent];
            // Within a grace period it may still work.
            if assignment.reuse_grace.is_none() {
                dead.insert(number % 2, chain.newest);
            }
            for token in dead {
                let response = self.send(&tape, &refresh(&token)).await?;
                // Nothing obliges a provider to replace the token of a client that proves who it is (RFC 6749 section 6).
                let need_not = (!client.is_public() && client.rotation != Some(true)).then(|| {
                    "tokens for a refresh token that was replaced: that of a confidential client, which need not be".to_owned()
                });
                self.judge_refusal(invariant, &response, &tape, client, need_not);
            }
        }
        Ok(())
    }

    /// A refusal is right, tokens are a breach, or where that is no more than worth a remark, that one; anything else says nothing.
    fn judge_refusal(&self, invariant: Invariant, response: &Response, tape: &Tape, client: &Client, remark: Option<String>) {
        self.ledger.watched(invariant, 1);
        let evidence = |got| Evidence { got, client: Some(seen(client)), exchanges: tape.exchanges() };
        match (Tokens::read(response), OAuthError::read(response), remark) {
            (Ok(_), _, None) => self.ledger.breach(invariant, || evidence(None)),
            (Ok(_), _, Some(got)) => self.ledger.remark(invariant, || evidence(Some(got))),
            (Err(_), Ok(_), _) => {}
            (Err(_), Err(_), _) => self.ledger.open(invariant, format!("neither tokens nor an error: {}", describe(response))),
        }
    }

    /// Asks about tokens that were revoked, once the one who asks has been told of a live one.
    async fn revoked(&self, assignment: &Assignment) -> Result<(), Failure> {
        let invariant = Invariant::RevokedTokenDead;
        let revoked = assignment.samples.revoked.take();
        if revoked.is_empty() {
            return Ok(());
        }
        let Some(endpoint) = self.may_ask(invariant, self.endpoints.introspection.as_ref(), "introspection endpoint") else {
            return Ok(());
        };
        let Ok((live, _)) = specimen::mint(self.rig, assignment.holder()).await else {
            self.ledger.open(invariant, "no live token could be had after the run to ask about first");
            return Ok(());
        };
        let ask = |party: Party, token: &Secret| self.asker(assignment.client(party)).introspection(endpoint, token);
        let witness = self.send(&self.tape(), &ask(live.party, &live.token)).await?;
        if active(&witness) != Some(true) {
            let came = describe(&witness);
            self.ledger.open(invariant, format!("the introspection of a live token did not say active: true ({came})"));
            return Ok(());
        }
        for one in revoked.into_iter().take(LOOKED_AT) {
            let tape = self.tape();
            let response = self.send(&tape, &ask(one.party, &one.token)).await?;
            self.ledger.watched(invariant, 1);
            match active(&response) {
                Some(true) => self.ledger.breach(invariant, || {
                    let client = Some(seen(assignment.client(one.party)));
                    Evidence { got: None, client, exchanges: tape.exchanges() }
                }),
                Some(false) => {}
                None => self.ledger.open(invariant, format!("an introspection was answered with {}", describe(&response))),
            }
        }
        Ok(())
    }

    /// Who asks about a client's tokens: whoever may ask about all, else the client itself.
    fn asker<'b>(&'b self, client: &'b Client) -> &'b Client {
        self.provider.clients.values().find(|client| client.introspect).unwrap_or(client)
    }

    /// An endpoint that is there and that load may go to; else it is told what could not be looked at.
    fn may_ask<'b>(&self, invariant: Invariant, url: Option<&'b Url>, what: &'static str) -> Option<&'b Url> {
        let Some(url) = url else {
            self.ledger.open(invariant, format!("the provider has no {what}"));
            return None;
        };
        match self.rig.guard.check(what, url) {
            Ok(()) => Some(url),
            Err(refused) => {
                self.ledger.open(invariant, refused.to_string());
                None
            }
        }
    }

    /// The provider's key set, fetched once.
    async fn keys(&self, tape: &Tape) -> Result<Result<Vec<Value>, String>, Failure> {
        let Some(url) = &self.endpoints.jwks else { return Ok(Err("the provider has no key set".to_owned())) };
        if let Err(refused) = self.rig.guard.check("key set", url) {
            return Ok(Err(refused.to_string()));
        }
        let request = Request::get(Endpoint::Jwks, url).header("accept", "application/json");
        let response = self.send(tape, &request).await?;
        let keys = response.json().and_then(|set| set.get("keys").and_then(Value::as_array).cloned());
        Ok(keys.ok_or_else(|| format!("the key set cannot be read: {}", describe(&response))))
    }
}

/// What an introspection says, where it says anything.
fn active(response: &Response) -> Option<bool> {
    if response.status != 200 {
        return None;
    }
    response.json()?.get("active")?.as_bool()
}

/// The client as reports name it.
fn seen(client: &Client) -> ClientSeen {
    ClientSeen { role: client.role.clone(), auth: client.auth.name().to_owned() }
}
