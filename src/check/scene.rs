//! What one scenario knows: its target, its tape, its grants, and what it last heard. Steps act on it; nothing is shared between scenes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::catalog::Check;
use super::halt::{Fault, Halt, Judgement, Step};
use super::phrase::{Part, Token};
use super::run::Options;
use crate::login::{End, Sighting};
use crate::protocol::{ClientAuth, Device, Endpoint, Failure, Pkce, Request, Response, Secret, Tokens};
use crate::provider::{Client, Target, User};
use crate::verdict::PlayedStep;
use crate::wire::{Jar, Tape, Wire};

/// What the steps of a check act on.
pub struct Scene {
    /// The check that is played.
    pub check: Arc<Check>,
    /// The client that sends.
    pub wire: Wire,
    /// Who is tested.
    pub target: Arc<Target>,
    /// What was sent and received.
    pub tape: Tape,
    /// How long the user is willing to wait.
    pub max_wait: Duration,
    /// The longest that one step may take, waiting aside.
    pub step_limit: Duration,
    /// The client that the scenario is about: a key under `clients:`.
    pub protagonist: &'static str,
    /// The client that acts in this step: usually the protagonist.
    pub actor: &'static str,
    /// The user who approves and denies: a key under `users:`.
    pub user: &'static str,
    /// The browsers of the run's checks that share a session.
    sessions: Sessions,
    /// One browser for each name that a step gives it.
    pub browsers: HashMap<String, Jar>,
    /// The grants so far; the last one is the one that steps speak of.
    pub grants: Vec<Grant>,
    /// The last answer of an endpoint.
    pub heard: Option<Heard>,
    /// Answers to requests sent side by side.
    pub chorus: Vec<Heard>,
    /// What came of each round of refreshes sent side by side.
    pub rounds: Vec<Round>,
    /// The last authorization response, or what came in its stead.
    pub sighting: Option<Sighting>,
    /// Walks that one step made in a row.
    pub walks: Vec<Walk>,
    /// How many exchanges were recorded when the walk behind the sighting began.
    pub walk_began: usize,
    /// The exchange that shows what the step found wrong, where it is not the last one of its endpoint.
    pub evidence: Option<usize>,
    /// The authorization request behind the sighting.
    pub asked: Option<Request>,
    /// What was last done, so that a control can do it again, put right.
    pub deed: Option<Deed>,
    /// Who said that the access token is alive.
    pub witnesses: Vec<Witness>,
    /// Tolerated faults that a judge found on the way, each with its step and the exchange that shows it.
    pub tolerated: Vec<(Fault, String, Option<usize>)>,
    /// The part that the step being played has.
    pub part: Part,
    /// Whether the target is a realm made for this scene alone.
    pub in_own_realm: bool,
    /// Whether a grace period that the provider file declares was waited out.
    pub(super) grace_is_over: bool,
    /// Which step comes next.
    pub(super) cursor: usize,
    /// The steps so far.
    pub(super) played: Vec<PlayedStep>,
    /// Why it stopped, at which step, and the exchange that shows it.
    pub(super) halt: Option<(Halt, usize, Option<usize>)>,
    /// Values that one step keeps for another.
    pub kept: HashMap<&'static str, String>,
}

/// One browser for each provider and user, for the checks that share a session.
pub type Sessions = Rc<RefCell<HashMap<(String, &'static str), Jar>>>;

/// One answer, with its question.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What was asked.
    pub request: Request,
    /// What came.
    pub outcome: Result<Response, Failure>,
}

/// What came of one round of refreshes with one token, sent side by side.
#[derive(Clone, Debug)]
pub struct Round {
    /// How many answers carried tokens.
    pub answered: usize,
    /// How many of their refresh tokens worked afterwards; counted up to two.
    pub surviving: usize,
    /// An answer that was none.
    pub crashed: Option<Heard>,
}

/// One of several walks in a row.
#[derive(Clone, Debug)]
pub struct Walk {
    /// What was changed in its request, in words for a reader.
    pub what: String,
    /// How many exchanges were recorded when it began.
    pub began: usize,
    /// What was seen.
    pub seen: Sighting,
}

/// What a user or a client was granted.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The client's key under `clients:`.
    pub role: &'static str,
    /// The user's key under `users:`, where there is one.
    pub user: Option<&'static str>,
    /// PKCE, where the request had a challenge.
    pub pkce: Option<Pkce>,
    /// The `redirect_uri` of the request, where it had one.
    pub redirect_uri: Option<String>,
    /// The `scope` that was asked for.
    pub scope: Option<String>,
    /// The code, where it is a code grant.
    pub code: Option<Secret>,
    /// The device authorization, where it is a device grant.
    pub device: Option<Device>,
    /// How many seconds the device has waited between its polls.
    pub waited: u64,
    /// The tokens that it first yielded.
    pub first: Option<Tokens>,
    /// The tokens that it last yielded.
    pub tokens: Option<Tokens>,
    /// How long these tokens are not valid yet by their own account, where that is longer than the user is willing to wait.
    pub not_before: Option<Duration>,
}

/// What a scene did, so that it can be done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Sent the user to approve a request.
    Approve,
    /// Redeemed a code.
    Redeem,
    /// Asked for a token by client credentials.
    ClientCredentials,
    /// Refreshed.
    Refresh,
    /// Asked for a device code.
    AskDeviceCode,
    /// Polled with a device code.
    Poll,
    /// Revoked a token.
    Revoke(Token),
    /// Introspected a token.
    Introspect(Token),
    /// Called the resource with a token.
    CallResource(Token),
}

/// Who can tell whether an access token is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Introspection by this client.
    Introspection(&'static str),
    /// The protected resource.
    Resource,
}

impl Scene {
    pub(super) fn new(check: Arc<Check>, wire: Wire, target: Arc<Target>, options: &Options, sessions: Sessions) -> Self {
        Self {
            tape: Tape::new(target.provider.secrets()),
            check,
            wire,
            target,
            max_wait: options.max_wait,
            step_limit: options.step_limit,
            protagonist: "web",
            actor: "web",
            user: "alice",
            sessions,
            browsers: HashMap::new(),
            grants: Vec::new(),
            heard: None,
            chorus: Vec::new(),
            rounds: Vec::new(),
            sighting: None,
            walks: Vec::new(),
            walk_began: 0,
            evidence: None,
            asked: None,
            deed: None,
            witnesses: Vec::new(),
            tolerated: Vec::new(),
            part: Part::Given,
            in_own_realm: false,
            grace_is_over: false,
            cursor: 0,
            played: Vec::new(),
            halt: None,
            kept: HashMap::new(),
        }
    }

    /// The client with this key under `clients:`.
    pub fn client(&self, key: &str) -> Result<&Client, Halt> {
        self.target.provider.client(key).ok_or_else(|| Halt::blocked(format!("the provider file has no `clients.{key}`")))
    }

    /// The user with this key under `users:`.
    pub fn user(&self, key: &str) -> Result<&User, Halt> {
        self.target.provider.user(key).ok_or_else(|| Halt::blocked(format!("the provider file has no `users.{key}`")))
    }

    /// The client that acts in this step.
    pub fn actor(&self) -> Result<&Client, Halt> {
        self.client(self.actor)
    }

    /// The key of the client that acts in this step.
    pub fn actor_key(&self) -> &'static str {
        self.actor
    }

    /// The URL of an endpoint.
    pub fn endpoint(&self, endpoint: Endpoint) -> Result<Url, Halt> {
        let endpoints = &self.target.endpoints;
        let url = match endpoint {
            Endpoint::Authorization => &endpoints.authorization,
            Endpoint::Token => &endpoints.token,
            Endpoint::DeviceAuthorization => &endpoints.device_authorization,
            Endpoint::Revocation => &endpoints.revocation,
            Endpoint::Introspection => &endpoints.introspection,
            Endpoint::Jwks => &endpoints.jwks,
            Endpoint::Resource => &endpoints.resource,
            Endpoint::Verification | Endpoint::Metadata | Endpoint::Registration | Endpoint::Page | Endpoint::Admin => &None,
        };
        url.clone().ok_or_else(|| Halt::blocked(format!("the provider's {} is not known", endpoint.name())))
    }

    /// The grant that steps speak of.
    pub fn grant(&self) -> Result<&Grant, Halt> {
        self.grants.last().ok_or_else(|| Halt::blocked("nothing was granted yet"))
    }

    /// The `code_verifier` of the grant that steps speak of.
    pub fn verifier(&self) -> Result<String, Halt> {
        let pkce = self.grant()?.pkce.as_ref().ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
        Ok(pkce.verifier.expose().to_owned())
    }

    /// A credential of the grant that steps speak of.
    pub fn token(&self, token: Token) -> Result<Secret, Halt> {
        let grant = || self.grant();
        let missing = |what: &str| Halt::blocked(format!("the grant yielded no {what}"));
        let early = self.grants.last().and_then(|grant| grant.not_before).map(|early| early.as_secs());
        if let (Token::Access | Token::Refresh, Some(early)) = (token, early) {
            let reason = format!("the token says that it is not valid for the first {early} s: needs --max-wait {early}");
            return Err(Halt::NotApplicable(reason));
        }
        match token {
            Token::Access => {
                grant()?.tokens.as_ref().map(|tokens| tokens.access_token.clone()).ok_or_else(|| missing("access token"))
            }
            Token::FirstAccess => {
                grant()?.first.as_ref().map(|tokens| tokens.access_token.clone()).ok_or_else(|| missing("access token"))
            }
            Token::Refresh => {
                grant()?.tokens.as_ref().and_then(|tokens| tokens.refresh_token.clone()).ok_or_else(|| missing("refresh token"))
            }
            Token::FirstRefresh => {
                grant()?.first.as_ref().and_then(|tokens| tokens.refresh_token.clone()).ok_or_else(|| missing("refresh token"))
            }
            Token::Code => grant()?.code.clone().ok_or_else(|| missing("code")),
            Token::DeviceCode => {
                grant()?.device.as_ref().map(|device| device.device_code.clone()).ok_or_else(|| missing("device code"))
            }
            Token::ClientSecret => {
                let secret = self.client(self.protagonist)?.secret.clone();
                secret.ok_or_else(|| Halt::blocked("the client has no secret"))
            }
            Token::Unknown => Ok(Secret::new("made up token", super::chance::token() + &super::chance::token())),
        }
    }

    /// Sends a request, and remembers what was heard.
    pub async fn send(&mut self, request: Request) {
        let outcome = self.wire.send(&self.tape, &request).await;
        self.heard = Some(Heard { request, outcome });
    }

    /// The last answer of an endpoint. What says nothing of the request, because of a bound of our own, is none to judge by.
    pub fn heard(&self) -> Result<&Heard, Halt> {
        let heard = self.heard.as_ref().ok_or_else(|| Halt::blocked("no request was sent yet"))?;
        match &heard.outcome {
            Err(failure @ (Failure::Unsendable(_) | Failure::TooLong(_))) => Err(Halt::blocked(failure.to_string())),
            Ok(_) | Err(Failure::Connect(_) | Failure::TimedOut(_) | Failure::Broken(_) | Failure::Malformed(_)) => Ok(heard),
        }
    }

    /// The last response of an endpoint; no response is a fault.
    pub fn response(&self, expected: &str) -> Result<&Response, Halt> {
        let heard = self.heard()?;
        heard.outcome.as_ref().map_err(|failure| Fault::silence(heard.request.endpoint, failure, expected).into())
    }

    /// The last authorization response, or what came in its stead.
    pub fn sighting(&self) -> Result<&Sighting, Halt> {
        self.sighting.as_ref().ok_or_else(|| Halt::blocked("no user was sent to the authorization endpoint yet"))
    }

    /// Takes a judgement: goes on, keeps a tolerated fault, or stops.
    pub fn judge(&mut self, judgement: Judgement) -> Step {
        match judgement {
            Judgement::Holds => Ok(()),
            Judgement::Tolerated(fault) => {
                // Only a judge's complaint counts; a control that is answered in a tolerated form is answered.
                if self.part == Part::Judge {
                    let (step, shown) = (self.step_text(), self.shown(fault.endpoint));
                    self.tolerated.push((fault, step, shown));
                }
                Ok(())
            }
            Judgement::Broken(fault) => Err(fault.into()),
        }
    }

    /// The exchange that shows a fault at this endpoint: of a walk through pages, the one where it ended.
    pub(super) fn shown(&self, endpoint: Endpoint) -> Option<usize> {
        let walked = matches!(endpoint, Endpoint::Authorization | Endpoint::Page);
        let ended = self.sighting.as_ref().filter(|_| walked).and_then(|sighting| {
            let unanswered = usize::from(matches!(sighting.end, End::Failed(_)));
            (self.walk_began + sighting.hops.len() + unanswered).checked_sub(1)
        });
        self.evidence.or(ended).or_else(|| self.tape.last_of(endpoint))
    }

    /// The step being played, as the feature spells it.
    pub(super) fn step_text(&self) -> String {
        self.check.steps.get(self.cursor.saturating_sub(1)).map(|step| step.to_string()).unwrap_or_default()
    }

    /// Whose session it is: of this user at this provider.
    fn session(&self) -> (String, &'static str) {
        (self.target.provider.issuer.clone(), self.user)
    }

    /// The browser of this name, taken out so that it can be driven; put it back with [`Self::return_browser`].
    pub fn take_browser(&mut self, name: &str) -> Jar {
        if self.check.tags.shares_session {
            return self.sessions.borrow().get(&self.session()).cloned().unwrap_or_default();
        }
        self.browsers.remove(name).unwrap_or_default()
    }

    /// Puts a browser back.
    pub fn return_browser(&mut self, name: &str, jar: Jar) {
        if self.check.tags.shares_session {
            self.sessions.borrow_mut().insert(self.session(), jar);
            return;
        }
        self.browsers.insert(name.to_owned(), jar);
    }

    /// All scopes of a client, as one parameter.
    pub fn scope_of(&self, key: &str) -> Result<String, Halt> {
        Ok(self.client(key)?.scopes.join(" "))
    }

    /// One scope of the acting client that is not `openid`: what a narrowed request asks for.
    pub fn one_scope(&self) -> Result<String, Halt> {
        let scopes = &self.actor()?.scopes;
        let plain = scopes.iter().find(|scope| *scope != "openid");
        plain.cloned().ok_or_else(|| Halt::blocked(format!("`clients.{}.scopes` names no scope beside openid", self.actor)))
    }

    /// The https redirect URI of a client: mutations start there, because the port of a loopback URI is free (RFC 8252).
    pub fn https_redirect_uri(&self, key: &str) -> Result<String, Halt> {
        let https = self.client(key)?.redirect_uris.iter().find(|uri| uri.starts_with("https://"));
        https.cloned().ok_or_else(|| Halt::NotApplicable(format!("needs an https redirect URI: `clients.{key}.redirect_uris`")))
    }

    /// The request with the acting client's secret replaced, in the client's own method of authentication.
    pub fn reauthenticate(&self, request: Request, secret: impl Fn(&str) -> String) -> Result<Request, Halt> {
        let right = self.actor()?.secret.clone();
        if right.is_some_and(|right| secret(right.expose()) == right.expose()) {
            return Err(Halt::NotApplicable("the client's secret stays what it is under this change".to_owned()));
        }
        let changed = |known: &Secret| Secret::chosen("wrong client_secret", secret(known.expose()));
        Ok(match self.actor()?.auth() {
            ClientAuth::Anonymous | ClientAuth::None { .. } => return Err(Halt::blocked("the client has no secret")),
            ClientAuth::Basic { id, secret } => request.authenticate(&ClientAuth::Basic { id, secret: changed(&secret) }),
            ClientAuth::Post { id, secret } => request.authenticate(&ClientAuth::Post { id, secret: changed(&secret) }),
        })
    }
}
