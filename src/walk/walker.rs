//! Who walks: sends what a step asks for, tells what was sent and what came, and knows what may be shown.

use serde_json::Value;
use url::Url;

use super::event::{Channel, Event, Sign, Step};
use super::page::HopSeen;
use super::plan::Trip;
use super::token::{Jwt, Reading, Signature, TokenSeen, text};
use super::trouble::{Stage, Trouble};
use super::{advice, event};
use crate::login::{self, Decision, End, Errand, Sighting, Stop};
use crate::protocol::mask::mask_random_runs;
use crate::protocol::vault::SECRET_MEMBERS;
use crate::protocol::{
    Body, Endpoint, Exchange, Failure, Masker, OAuthError, Params, Request, Response, Secret, Sent, Tokens, Vault, answer,
};
use crate::wire::{Jar, Tape};

/// One walk under way.
pub(super) struct Walker<'a> {
    pub(super) trip: &'a Trip<'a>,
    pub(super) tape: Tape,
    tell: &'a mut dyn FnMut(&Event),
    step: Option<Step>,
    keys: Option<Result<Vec<Value>, String>>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(trip: &'a Trip<'a>, tell: &'a mut dyn FnMut(&Event)) -> Self {
        Self { trip, tape: Tape::new(trip.target.provider.secrets()), tell, step: None, keys: None }
    }

    pub(super) fn tell(&mut self, event: Event) {
        (self.tell)(&event);
    }

    pub(super) fn remark(&mut self, sign: Sign, says: impl Into<String>) {
        let says = self.masked(&says.into());
        self.tell(Event::Remark(sign, says));
    }

    /// A step begins: what happens, where, and what it is for.
    pub(super) fn step(&mut self, title: &'static str, channel: Channel, why: impl Into<String>) {
        let number = self.step.as_ref().map_or(1, |step| step.number + 1);
        let step = Step { number, title, channel, why: why.into() };
        self.step = Some(step.clone());
        self.tell(Event::Step(step));
    }

    /// What hides the secrets that are known by now: none, where they are told as they are.
    fn masker(&self) -> Masker {
        if self.trip.bare { Vault::default().masker() } else { self.tape.masker() }
    }

    /// A text as it may be shown.
    pub(super) fn masked(&self, text: &str) -> String {
        self.masker().mask(text)
    }

    /// A secret as it may be shown.
    pub(super) fn shown(&self, secret: &Secret) -> String {
        if self.trip.bare { secret.expose().to_owned() } else { secret.to_string() }
    }

    /// An endpoint that was looked for when the trip was planned.
    pub(super) fn endpoint(&self, endpoint: &'a Option<Url>) -> &'a Url {
        endpoint.as_ref().expect("the plan looked for every endpoint of its flow")
    }

    /// Hides what an answer holds that came by a way that records nothing.
    pub(super) fn learn(&self, params: &Params) {
        let secrets = params.0.iter().filter(|(name, _)| SECRET_MEMBERS.contains(&name.as_str()));
        self.tape.learn(&secrets.map(|(name, value)| Secret::of_member(name, value)).collect::<Vec<_>>());
    }

    /// Tells of an exchange.
    pub(super) fn tell_exchange(&mut self, request: &Request, outcome: Result<&Response, &Failure>) {
        let request = if self.trip.bare { &bared(request) } else { request };
        let exchange = Exchange::shown(request, outcome, &self.masker());
        self.tell(Event::Exchange(Box::new(exchange)));
    }

    /// Tells of a request that the browser will make.
    pub(super) fn tell_request(&mut self, request: &Request) {
        let request = if self.trip.bare { &bared(request) } else { request };
        let sent = Sent::shown(request, &self.masker());
        self.tell(Event::Asked(Box::new(sent)));
    }

    /// Sends a request over the back channel, and tells of it.
    pub(super) async fn ask(&mut self, request: Request) -> Result<Response, Trouble> {
        let outcome = self.trip.wire.send(&self.tape, &request).await;
        self.tell_exchange(&request, outcome.as_ref());
        outcome.map_err(|failure| self.silence(request.endpoint, &failure, "an answer"))
    }

    /// The tokens of an answer, told.
    pub(super) async fn take_tokens(&mut self, response: &Response) -> Result<Tokens, Trouble> {
        const EXPECTED: &str = "status 200 and a JSON object with an access_token (RFC 6749 section 5.1)";
        let tokens = Tokens::read(response).map_err(|misread| {
            let look_at = advice::token_endpoint(self.trip, response);
            self.trouble(EXPECTED, said(response).unwrap_or_else(|| misread.to_string()), look_at)
        })?;
        self.read_token("access_token", &tokens.access_token).await;
        if let Some(token) = &tokens.refresh_token {
            // Even where it is a JWT: it is for the provider alone, and no client reads it.
            self.tell_token("refresh_token", token, Reading::Opaque(token.expose().chars().count()));
        }
        if let Some(token) = tokens.members.get("id_token").and_then(Value::as_str) {
            let token = Secret::new("id_token", token);
            if let Some(Signature::Wrong(why)) = self.read_token("id_token", &token).await {
                let look_at = vec!["the provider's `jwks_uri` and the key that it signs with: a client has to refuse this id_token (OpenID Connect Core section 3.1.3.7)".to_owned()];
                return Err(self.trouble("an id_token signed by the provider", why, look_at));
            }
            self.look_at_audience(&token);
        }
        Ok(tokens)
    }

    /// Whether an id_token is by this provider and for this client (OpenID Connect Core section 3.1.3.7).
    fn look_at_audience(&mut self, token: &Secret) {
        let Some(jwt) = Jwt::read(token.expose()) else { return };
        let (issuer, client) = (self.trip.issuer(), self.trip.client.id.as_str());
        let is_by = jwt.claims.get("iss").and_then(Value::as_str) == Some(issuer);
        let is_for = match jwt.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(client)),
            one => one.and_then(Value::as_str) == Some(client),
        };
        let (sign, says) = match (is_by, is_for) {
            (true, true) => (Sign::Fine, "iss is the issuer, and aud is this client".to_owned()),
            (false, _) => (
                Sign::Doubt,
                format!(
                    "iss is not the issuer {issuer}: a client has to refuse this id_token (OpenID Connect Core section 3.1.3.7)"
                ),
            ),
            (true, false) => (
                Sign::Doubt,
                format!("aud is not {client}: a client has to refuse this id_token (OpenID Connect Core section 3.1.3.7)"),
            ),
        };
        self.remark(sign, says);
    }

    async fn read_token(&mut self, name: &'static str, token: &Secret) -> Option<Signature> {
        let reading = match Jwt::read(token.expose()) {
            Some(jwt) => {
                if jwt.is_signed_for_all() && self.keys.is_none() {
                    self.keys = Some(self.fetch_keys().await);
                }
                let none = Err("no key set was asked for".to_owned());
                let masker = self.masker();
                let members = |object: &serde_json::Map<String, Value>| {
                    object.iter().map(|(name, value)| (name.clone(), masker.mask(&text(value)))).collect()
                };
                Reading::Jwt {
                    header: members(&jwt.header),
                    claims: members(&jwt.claims),
                    signature: jwt.verify(self.keys.as_ref().unwrap_or(&none)),
                }
            }
            None if token.expose().split('.').count() == 5 && token.expose().starts_with("ey") => Reading::Encrypted,
            None => Reading::Opaque(token.expose().chars().count()),
        };
        let signature = match &reading {
            Reading::Jwt { signature, .. } => Some(signature.clone()),
            Reading::Encrypted | Reading::Opaque(_) => None,
        };
        self.tell_token(name, token, reading);
        signature
    }

    fn tell_token(&mut self, name: &'static str, token: &Secret, reading: Reading) {
        let bare = self.trip.bare.then(|| token.expose().to_owned());
        self.tell(Event::Token(Box::new(TokenSeen { name, bare, reading })));
    }

    async fn fetch_keys(&self) -> Result<Vec<Value>, String> {
        let Some(url) = &self.trip.target.endpoints.jwks else {
            return Err("the provider names no key set (`jwks_uri`)".to_owned());
        };
        let request = Request::get(Endpoint::Jwks, url).header("accept", "application/json");
        let response = self.trip.wire.send(&self.tape, &request).await;
        let response = response.map_err(|failure| format!("the key set does not come: {failure}"))?;
        let keys = response.json().and_then(|set| set.get("keys").and_then(Value::as_array).cloned());
        keys.ok_or_else(|| format!("the key set cannot be read: {}", answer::describe(&response)))
    }

    /// Has the login driver go, and tells its hops.
    pub(super) async fn send_user(
        &mut self,
        start: Request,
        stop_at: Stop<'_>,
        user_code: Option<&Secret>,
    ) -> Result<Sighting, Trouble> {
        let Some(user) = self.trip.user else {
            return Err(Trouble {
                stage: Stage::Unwalkable,
                ..self.trouble("a user", "nobody is named under `users:`", Vec::new())
            });
        };
        let errand =
            Errand { start, stop_at, username: &user.username, password: &user.password, user_code, decision: Decision::Approve };
        let login = &self.trip.target.provider.login;
        let sighting = login::run(self.trip.wire, &self.tape, &mut Jar::default(), login, &errand).await;
        let masker = self.masker();
        // What stands for a session in an address is hidden, too.
        let mask = |text: &str| if self.trip.bare { text.to_owned() } else { mask_random_runs(&masker.mask(text)) };
        let hops = sighting.hops.iter().enumerate().map(|(at, hop)| HopSeen::of(at + 1, hop, &mask));
        for seen in hops.collect::<Vec<_>>() {
            self.tell(Event::Hop(Box::new(seen)));
        }
        Ok(sighting)
    }

    /// A walk of the login driver that ended elsewhere than it should.
    pub(super) fn astray(&self, sighting: &Sighting, expected: &str) -> Trouble {
        let came = match sighting.last().filter(|hop| hop.is_page() && !matches!(sighting.end, End::Finished)) {
            Some(hop) => {
                let text = hop.page().text().chars().take(160).collect::<String>();
                let quoted = if text.is_empty() { String::new() } else { format!(": {text:?}") };
                format!("{}{quoted}", sighting.describe())
            }
            None => sighting.describe(),
        };
        let trouble = self.trouble(expected, came, advice::login(self.trip, sighting));
        match &sighting.end {
            End::Failed(failure) if unreached(failure) => Trouble { stage: Stage::Silent, ..trouble },
            End::Redirected { .. }
            | End::Outside { .. }
            | End::Finished
            | End::Refused { .. }
            | End::Stuck { .. }
            | End::Crashed { .. }
            | End::Failed(_) => trouble,
        }
    }

    /// The walk ends at this step.
    pub(super) fn trouble(&self, expected: impl Into<String>, came: impl AsRef<str>, look_at: Vec<String>) -> Trouble {
        let came = self.masked(came.as_ref());
        let look_at = look_at.iter().map(|line| self.masked(line)).collect();
        Trouble {
            step: self.step.as_ref().map(|step| (step.number, step.title)),
            stage: Stage::Answered,
            expected: expected.into(),
            came,
            look_at,
        }
    }

    pub(super) fn silence(&self, endpoint: Endpoint, failure: &Failure, expected: &str) -> Trouble {
        let trouble = self.trouble(expected, failure.to_string(), advice::silence(endpoint));
        if unreached(failure) { Trouble { stage: Stage::Silent, ..trouble } } else { trouble }
    }

    /// Tells what the client made.
    pub(super) fn made(&mut self, values: Vec<(&'static str, String, &'static str)>) {
        self.tell(event::Event::Made(values));
    }
}

/// Whether nobody answered.
fn unreached(failure: &Failure) -> bool {
    match failure {
        Failure::Connect(_) | Failure::TimedOut(_) | Failure::Broken(_) => true,
        Failure::TooLong(_) | Failure::Malformed(_) | Failure::Unsendable(_) => false,
    }
}

/// An OAuth error in words, with what the provider says of it.
pub(super) fn said(response: &Response) -> Option<String> {
    let error = OAuthError::read(response).ok()?;
    let words = error.description.map(|words| format!(": {words:?}")).unwrap_or_default();
    Some(format!("status {} with error {:?}{words}", error.status, error.error))
}

/// The request with nothing in it hidden.
fn bared(request: &Request) -> Request {
    let plain = |pairs: &[(String, crate::protocol::Value)]| {
        pairs.iter().map(|(name, value)| (name.clone(), value.expose().into())).collect()
    };
    let body = match &request.body {
        Body::Form(form) => Body::Form(plain(form)),
        Body::Empty => Body::Empty,
        Body::Raw { content_type, octets, .. } => Body::Raw {
            content_type: content_type.clone(),
            octets: octets.clone(),
            shown: Some(String::from_utf8_lossy(octets).into_owned()),
        },
    };
    Request { query: plain(&request.query), headers: plain(&request.headers), body, ..request.clone() }
}
