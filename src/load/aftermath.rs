//! Looks once more at what was issued, after the clock: whose tokens are, who signed them, and whether what was used up is dead. None of it is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::flows::{Assignment, Party};
use super::invariant::Invariant;
use super::ledger::{Evidence, Ledger, seen};
use super::rig::Rig;
use super::sample;
use super::specimen;
use super::tell::{News, Tell};
use crate::protocol::answer::describe;
use crate::protocol::{Endpoint, Failure, OAuthError, Request, Response, Secret, Tokens};
use crate::provider::{Client, Endpoints, Provider};
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
    let look = Look {
        rig,
        ledger: &rig.ledger,
        provider,
        endpoints,
        tell,
        told: AtomicBool::new(false),
        ends: Instant::now() + LONGEST,
    };
    tokio::select! {
        biased;
        () = interrupt.cancelled() => {}
        () = look.all(assignments) => {}
    }
}

struct Look<'a> {
    rig: &'a Rig,
    ledger: &'a Ledger,
    provider: &'a Provider,
    endpoints: &'a Endpoints,
    tell: &'a Tell,
    /// Whether it was told that something could not be looked at.
    told: AtomicBool,
    /// When all of it has to be over.
    ends: Instant,
}

impl Look<'_> {
    /// What kills nothing comes first.
    async fn all(&self, assignments: &[(Arc<Assignment>, usize)]) {
        self.tokens(assignments).await;
        for (assignment, _) in assignments {
            let revoked = assignment.samples.revoked.take();
            self.each(Invariant::RevokedTokenDead, revoked, |revoked| self.revoked(assignment, revoked)).await;
        }
        for (assignment, _) in assignments {
            let samples = &assignment.samples;
            // A chain without one was never rotated.
            let rotated = |chain: sample::Chain| Some(Rotated { party: chain.party, newest: chain.newest, spent: chain.spent? });
            let chains = samples.chains.take().into_iter().filter_map(rotated).collect();
            self.each(Invariant::RotatedTokenDead, chains, |chains| self.chains(assignment, chains)).await;
            for (invariant, spent) in [
                (Invariant::CodeWorthOneToken, samples.codes.take()),
                (Invariant::DeviceCodeWorthOneToken, samples.device_codes.take()),
            ] {
                self.each(invariant, spent, |spent| self.spent(assignment, spent, invariant)).await;
            }
        }
    }

    /// Looks at samples of one sort, where there are any. Whatever was not looked at is told of as such, and not held against anybody; what is of
    /// another sort is still looked at.
    async fn each<T, F>(&self, invariant: Invariant, samples: Vec<T>, look: impl FnOnce(Vec<T>) -> F)
    where
        F: Future<Output = Result<(), Failure>>,
    {
        if !samples.is_empty()
            && let Err(why) = self.in_time(look(samples)).await
        {
            self.ledger.open(invariant, why);
        }
    }

    /// Looks, if there is time left for it; what came in between is told, and why something stayed open is returned.
    async fn in_time(&self, look: impl Future<Output = Result<(), Failure>>) -> Result<(), String> {
        // Not even begun: a request whose answer nobody waits for is none.
        let looked = if Instant::now() < self.ends { tokio::time::timeout_at(self.ends.into(), look).await.ok() } else { None };
        let why = match looked {
            Some(Ok(())) => return Ok(()),
            Some(Err(failure)) => failure.to_string(),
            None => format!("it took longer than {}s in all", LONGEST.as_secs()),
        };
        if !self.told.swap(true, Ordering::Relaxed) {
            (self.tell)(News::NotLooked(&why));
        }
        Err(format!("the provider could not be asked once more after the run: {why}"))
    }

    fn tape(&self) -> Tape {
        Tape::new(self.provider.secrets())
    }

    async fn send(&self, tape: &Tape, request: &Request) -> Result<Response, Failure> {
        self.rig.wire.send(tape, request).await
    }

    /// Sends again what brought a token once: it is refused.
    async fn spent(&self, assignment: &Assignment, spent: Vec<sample::Spent>, invariant: Invariant) -> Result<(), Failure> {
        for one in spent.into_iter().take(LOOKED_AT) {
            let tape = self.tape();
            let response = self.send(&tape, &one.request).await?;
            self.judge_refusal(invariant, &response, &tape, assignment.client(one.party), None);
        }
        Ok(())
    }

    /// Uses the newest token of a chain, which has to work, and then those that it had before: this one, and one that was replaced under load. Whoever
    /// sees the first as a replay ends the whole chain, so they take turns to be first.
    async fn chains(&self, assignment: &Assignment, chains: Vec<Rotated>) -> Result<(), Failure> {
        let invariant = Invariant::RotatedTokenDead;
        for (number, chain) in chains.into_iter().take(LOOKED_AT).enumerate() {
            let (spent, since) = chain.spent;
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
            let Ok(brought) = Tokens::read(&witness) else {
                let came = describe(&witness);
                self.ledger.open(invariant, format!("the newest refresh token of a chain did not work after the run: {came}"));
                continue;
            };
            let mut dead = vec![spent];
            // Within a grace period it may still work, and where no other came in its place it has to.
            let is_replaced = brought.refresh_token.is_some_and(|token| token != chain.newest);
            if is_replaced && assignment.reuse_grace.is_none() {
                dead.insert(number % 2, chain.newest);
            }
            for token in dead {
                let response = self.send(&tape, &refresh(&token)).await?;
                // Nothing obliges a provider to replace the token of a client that proves who it is (RFC 6749 section 6).
                let need_not = (!client.must_rotate()).then(|| {
                    "tokens for a refresh token that was replaced: that of a confidential client, which need not be".to_owned()
                });
                self.judge_refusal(invariant, &response, &tape, client, need_not);
            }
        }
        Ok(())
    }

    /// A refusal is right, tokens are a breach, or where that is no more than worth a remark, that one; anything else says nothing, and that of
    /// something else than the token or code does not either.
    fn judge_refusal(&self, invariant: Invariant, response: &Response, tape: &Tape, client: &Client, remark: Option<String>) {
        let evidence = |got| Evidence { got, client: Some(seen(client)), exchanges: tape.exchanges() };
        match (Tokens::read(response), OAuthError::read(response), remark) {
            (Ok(_), _, None) => self.ledger.breach(invariant, || evidence(None)),
            (Ok(_), _, Some(got)) => self.ledger.remark(invariant, || evidence(Some(got))),
            (Err(_), Ok(error), _) if matches!(error.error.as_str(), "invalid_grant" | "expired_token") => {}
            (Err(_), _, _) => {
                self.ledger.open(invariant, format!("neither tokens nor the refusal that is due: {}", describe(response)));
                return;
            }
        }
        self.ledger.watched(invariant, 1);
    }

    /// Asks about tokens that were revoked, once the one who asks has been told of a live one.
    async fn revoked(&self, assignment: &Assignment, revoked: Vec<sample::Issued>) -> Result<(), Failure> {
        let invariant = Invariant::RevokedTokenDead;
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
            let active = active(&response);
            self.ledger.watched(invariant, u64::from(active.is_some()));
            match active {
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
    async fn keys(&self, tape: &Tape) -> Result<Vec<Value>, String> {
        let url = self.endpoints.jwks.as_ref().ok_or("the provider has no key set")?;
        self.rig.guard.check("key set", url).map_err(|refused| refused.to_string())?;
        let request = Request::get(Endpoint::Jwks, url).header("accept", "application/json");
        let mut keys = None;
        self.in_time(async {
            let response = self.send(tape, &request).await?;
            let found = response.json().and_then(|set| set.get("keys").and_then(Value::as_array).cloned());
            keys = Some(found.ok_or_else(|| format!("the key set cannot be read: {}", describe(&response))));
            Ok(())
        })
        .await?;
        keys.expect("it was read in time")
    }
}

/// A chain that was rotated.
struct Rotated {
    party: Party,
    /// Its newest token.
    newest: Secret,
    /// One that was replaced, and when.
    spent: (Secret, Instant),
}

/// What an introspection says, where it says anything.
fn active(response: &Response) -> Option<bool> {
    if response.status != 200 {
        return None;
    }
    response.json()?.get("active")?.as_bool()
}
