//! How a scene comes by its grants: whole logins, redemptions, refreshes, device approvals, with one alteration where a step asks for it.

use std::time::{Duration, Instant};

use url::Url;

use super::alteration::Bound;
use super::chance;
use super::halt::{Fault, Halt, Step};
use super::judge;
use super::phrase::Token;
use super::scene::{Deed, Grant, Heard, Scene};
use super::user::Outing;
use crate::login::{Decision, End};
use crate::protocol::{Device, Endpoint, Method, OAuthError, Params, Request, Tokens, request};
use crate::verdict::Kind;

/// Which request the user is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// With an S256 challenge.
    WithChallenge,
    /// Without a challenge.
    WithoutChallenge,
}

impl Scene {
    /// An authorization request of the acting client, and the grant that it would become.
    pub fn authorization_request(&self, ask: Ask) -> Result<(Request, Grant), Halt> {
        let client = self.actor()?;
        let (redirect_uri, scope) = (client.redirect_uri().to_owned(), client.scope());
        let pkce = (ask == Ask::WithChallenge).then(chance::pkce);
        let endpoint = self.endpoint(Endpoint::Authorization)?;
        let request = client.authorization_request(&endpoint, scope.as_deref(), &chance::token(), pkce.as_ref());
        let grant = Grant { role: self.actor, pkce, redirect_uri: Some(redirect_uri), scope, ..Grant::default() };
        Ok((request, grant))
    }

    /// Sends the user with an authorization request; keeps the sighting, and the grant if a code came.
    pub async fn send_user(&mut self, request: Request, grant: Grant, decision: Decision, browser: &str) -> Step {
        let grant = Grant {
            // What was altered in the request is what the client will say at the token endpoint.
            redirect_uri: request.param("redirect_uri").map(|value| value.expose().to_owned()),
            scope: request.param("scope").map(|value| value.expose().to_owned()),
            user: Some(self.user),
            ..grant
        };
        let mut jar = self.take_browser(browser);
        self.walk_began = self.tape.len();
        let stops = self.stops(grant.redirect_uri.as_deref());
        let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
        let outing = Outing::authorization(request.clone(), &stops, decision);
        let sighting = self.send_out(self.user, &mut jar, outing).await?;
        self.return_browser(browser, jar);
        let code = sighting.params().and_then(Params::code);
        self.sighting = Some(sighting);
        self.asked = Some(request);
        if let Some(code) = code {
            self.grants.push(Grant { code: Some(code), ..grant });
        }
        Ok(())
    }

    /// Every redirect URI where a browser stops: those of all clients, and the one asked for, trusted or not.
    pub fn stops(&self, also: Option<&str>) -> Vec<String> {
        let registered = self.target.provider.clients.values().flat_map(|client| client.redirect_uris.iter().cloned());
        registered.chain(also.map(|uri| self.resolved(uri))).collect()
    }

    /// Where a browser ends up that is sent to this URI by the provider: a relative one leads to a place of the provider's own.
    fn resolved(&self, uri: &str) -> String {
        let base = self.target.endpoints.authorization.as_ref().filter(|_| !uri.is_empty());
        match (Url::parse(uri), base) {
            (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(uri).map_or(uri.to_owned(), String::from),
            (Ok(_) | Err(_), _) => uri.to_owned(),
        }
    }

    /// A grant of the acting client's, by a fresh login in a fresh browser, with a code that was not redeemed yet.
    pub async fn obtain_code(&mut self, ask: Ask) -> Step {
        let (request, grant) = self.authorization_request(ask)?;
        self.obtain_code_by(request, grant).await
    }

    /// As [`Self::obtain_code`], by a request of the caller's.
    pub async fn obtain_code_by(&mut self, request: Request, grant: Grant) -> Step {
        let browser = chance::token();
        let before = self.grants.len();
        self.send_user(request, grant, Decision::Approve, &browser).await?;
        if self.grants.len() > before {
            return Ok(());
        }
        let sighting = self.sighting()?;
        Err(match judge::stuck(sighting) {
            Some(why) => Halt::blocked(format!("the login cannot be operated: {why}")),
            None => judge::seen(Kind::Refused, sighting, "a redirect to the client with a code").into(),
        })
    }

    /// The redemption of the grant's code by the acting client (RFC 6749 section 4.1.3).
    pub fn redemption(&self) -> Result<Request, Halt> {
        let grant = self.grant()?;
        let (endpoint, code) = (self.endpoint(Endpoint::Token)?, self.token(Token::Code)?);
        let verifier = grant.pkce.as_ref().map(|pkce| &pkce.verifier);
        Ok(self.actor()?.redemption(&endpoint, &code, grant.redirect_uri.as_deref(), verifier))
    }

    /// A refresh with the grant's newest refresh token by the acting client (RFC 6749 section 6).
    pub fn refreshing(&self, token: Token) -> Result<Request, Halt> {
        let (endpoint, token) = (self.endpoint(Endpoint::Token)?, self.token(token)?);
        Ok(self.actor()?.refreshing(&endpoint, &token))
    }

    /// A client credentials request of the acting client (RFC 6749 section 4.4.2).
    pub fn own_credentials(&self) -> Result<Request, Halt> {
        // Some servers have no scope of their own accord, and refuse a request without one (RFC 6749 section 3.3).
        let client = self.actor()?;
        Ok(client.own_token_request(&self.endpoint(Endpoint::Token)?, client.scope().as_deref()))
    }

    /// A device authorization request of the acting client (RFC 8628 section 3.1).
    pub fn device_request(&self) -> Result<Request, Halt> {
        let client = self.actor()?;
        Ok(client.device_request(&self.endpoint(Endpoint::DeviceAuthorization)?, client.scope().as_deref()))
    }

    /// A poll with the grant's device code by the acting client (RFC 8628 section 3.4).
    pub fn polling(&self) -> Result<Request, Halt> {
        let (endpoint, device_code) = (self.endpoint(Endpoint::Token)?, self.token(Token::DeviceCode)?);
        Ok(self.actor()?.polling(&endpoint, &device_code))
    }

    /// Sends a request of the acting client's with one alteration, and remembers the deed.
    pub async fn act(&mut self, deed: Deed, request: Request, alteration: Option<&Bound>) -> Step {
        let request = match alteration {
            Some(alteration) => alteration.apply(self, request)?,
            None => request,
        };
        self.spares_given(deed, &request)?;
        self.deed = Some(deed);
        self.send(request).await;
        self.take_tokens();
        self.await_validity().await
    }

    /// Waits until the tokens that just came may be used, where they say themselves that it is not yet (RFC 7519 section 4.1.5).
    pub(super) async fn await_validity(&mut self) -> Step {
        let Ok(tokens) = self.expect_tokens() else { return Ok(()) };
        match tokens.not_before() {
            Duration::ZERO => Ok(()),
            early if early <= self.max_wait => self.pass(early).await,
            early => {
                if let Some(grant) = self.grants.last_mut() {
                    grant.not_before = Some(early);
                }
                Ok(())
            }
        }
    }

    /// Keeps the tokens that the last answer brought, if it did.
    fn take_tokens(&mut self) {
        let Some(Heard { request, outcome: Ok(response) }) = &self.heard else { return };
        if request.endpoint != Endpoint::Token {
            return;
        }
        let Ok(mut tokens) = Tokens::read(response) else { return };
        let fresh = request.param("grant_type").is_some_and(|value| value.expose() == "client_credentials");
        if fresh || self.grants.is_empty() {
            let grant = Grant { role: self.actor, scope: tokens.scope.as_ref().map(|scope| scope.join(" ")), ..Grant::default() };
            self.grants.push(grant);
        }
        if let Some(grant) = self.grants.last_mut() {
            // A refresh may leave the refresh token as it is (RFC 6749 section 6).
            let kept = grant.tokens.as_ref().and_then(|tokens| tokens.refresh_token.clone());
            tokens.refresh_token = tokens.refresh_token.or(kept);
            grant.first.get_or_insert_with(|| tokens.clone());
            grant.tokens = Some(tokens);
            let now = Instant::now();
            grant.came = Some((grant.came.map_or(now, |(first, _)| first), now));
        }
    }

    /// The last answer has to be tokens; used by Givens and controls, where it is not the matter of the check.
    pub fn expect_tokens(&self) -> Result<Tokens, Halt> {
        Ok(judge::yields_tokens(self.heard()?)?)
    }

    /// Tokens of a fresh code grant of the acting client's; or by the refresh token that was given for it in advance.
    pub async fn obtain_tokens(&mut self, ask: Ask) -> Step {
        if let Some(given) = self.given_token(self.actor) {
            return self.refresh_given(given).await;
        }
        self.obtain_code(ask).await?;
        let request = self.redemption()?;
        self.act(Deed::Redeem, request, None).await?;
        self.expect_tokens().map(|_| ())
    }

    /// Tokens of a fresh code grant that is like the last one: the code is sent to the same place, named or not.
    async fn redeem_alike(&mut self, ask: Ask) -> Step {
        let (request, fresh) = self.authorization_request(ask)?;
        let like = self.grants.last().filter(|grant| grant.role == self.protagonist && grant.code.is_some());
        let request = match like.map(|grant| &grant.redirect_uri) {
            Some(Some(uri)) => request.set("redirect_uri", uri),
            Some(None) => request.without("redirect_uri"),
            None => request,
        };
        self.obtain_code_by(request, fresh).await?;
        let redemption = self.redemption()?;
        self.act(Deed::Redeem, redemption, None).await?;
        self.expect_tokens().map(|_| ())
    }

    /// A device authorization of the acting client's.
    pub async fn obtain_device_code(&mut self) -> Step {
        let request = self.device_request()?;
        self.deed = Some(Deed::AskDeviceCode);
        self.send(request).await;
        self.take_device()
    }

    /// Keeps the device authorization that the last answer brought.
    pub fn take_device(&mut self) -> Step {
        let expected = "a device authorization response";
        let heard = self.heard()?;
        let response = judge::succeeds(heard, expected)?;
        let unreadable =
            |what: &str| Halt::from(Fault::of(Kind::Malformed, Endpoint::DeviceAuthorization, response, expected, what));
        let device = Device::read(response).map_err(|misread| unreadable(&misread.to_string()))?;
        let scope = heard.request.param("scope").map(|value| value.expose().to_owned());
        self.grants.push(Grant { role: self.actor, device: Some(device), scope, ..Grant::default() });
        Ok(())
    }

    /// The device authorization of the grant that steps speak of.
    pub fn device(&self) -> Result<&Device, Halt> {
        self.grant()?.device.as_ref().ok_or_else(|| Halt::blocked("no device code was asked for"))
    }

    /// Sends the user to the verification page to decide; `start` is the page, or the complete URI.
    pub async fn decide_device(&mut self, start: &Url, type_code: bool, decision: Decision, browser: &str) -> Step {
        let code = self.device()?.user_code.clone();
        let outing = Outing::verification(start, type_code.then_some(&code), decision);
        let mut jar = self.take_browser(browser);
        let sighting = self.send_out(self.user, &mut jar, outing).await?;
        self.return_browser(browser, jar);
        self.sighting = Some(sighting);
        Ok(())
    }

    /// The user types the code at the verification page and decides; anything else than a decision taken is a fault.
    pub async fn settle_device(&mut self, decision: Decision) -> Step {
        let start = self.device()?.verification_uri.clone();
        self.decide_device(&start, true, decision, &chance::token()).await?;
        let sighting = self.sighting()?;
        match &sighting.end {
            End::Finished => Ok(()),
            End::Stuck { why } => Err(Halt::blocked(format!("the verification page cannot be operated: {why}"))),
            End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } | End::Crashed { .. } | End::Failed(_) => {
                Err(Fault {
                    endpoint: Endpoint::Verification,
                    ..judge::seen(Kind::Refused, sighting, "a page where the user decides")
                }
                .into())
            }
        }
    }

    /// Polls, and waits as told where the poll came too early.
    pub async fn poll_patiently(&mut self) -> Step {
        for _ in 0..3 {
            let request = self.polling()?;
            self.act(Deed::Poll, request, None).await?;
            let told = self.heard()?.outcome.as_ref().ok().and_then(|response| OAuthError::read(response).ok());
            if told.is_none_or(|told| told.error != "slow_down") {
                break;
            }
            let interval = self.device()?.interval;
            self.pass(Duration::from_secs(interval.saturating_add(6))).await?;
        }
        Ok(())
    }

    /// The client that may introspect every token, where the provider file names one; else the one that the scenario is about.
    pub fn introspector(&self) -> &'static str {
        let named = self.target.provider.client("inspector").is_some_and(|client| client.introspect && !client.is_public());
        if named { "inspector" } else { self.protagonist }
    }

    /// The same deed again with nothing altered, by the client that the scenario is about, on fresh credentials.
    pub async fn put_right(&mut self) -> Step {
        let deed = self.deed.ok_or_else(|| Halt::blocked("nothing was done that could be put right"))?;
        self.actor = self.protagonist;
        // Who denies never approves: providers remember a consent, and then ask no more.
        if self.user == "carol" {
            self.user = "alice";
        }
        let ask = match self.grants.last() {
            Some(grant) if grant.code.is_some() && grant.pkce.is_none() => Ask::WithoutChallenge,
            _ => Ask::WithChallenge,
        };
        match deed {
            Deed::Approve => self.obtain_code(Ask::WithChallenge).await,
            Deed::Redeem => self.redeem_alike(ask).await,
            Deed::ClientCredentials => {
                let request = self.own_credentials()?;
                self.send(request).await;
                self.expect_tokens().map(|_| ())
            }
            Deed::Refresh => {
                self.obtain_tokens(Ask::WithChallenge).await?;
                let request = self.refreshing(Token::Refresh)?;
                self.act(Deed::Refresh, request, None).await?;
                self.expect_tokens().map(|_| ())
            }
            Deed::AskDeviceCode => self.obtain_device_code().await,
            Deed::Poll => {
                self.obtain_device_code().await?;
                self.settle_device(Decision::Approve).await?;
                self.poll_patiently().await?;
                self.expect_tokens().map(|_| ())
            }
            Deed::Revoke(token) => {
                let request = self.actor()?.revocation(&self.endpoint(Endpoint::Revocation)?, &self.token(token)?);
                self.send(request).await;
                judge::succeeds(self.heard()?, "status 200").map(|_| ()).map_err(Halt::from)
            }
            Deed::Introspect(token) => {
                self.actor = self.introspector();
                let request = self.actor()?.introspection(&self.endpoint(Endpoint::Introspection)?, &self.token(token)?);
                self.send(request).await;
                judge::succeeds(self.heard()?, "status 200").map(|_| ()).map_err(Halt::from)
            }
            Deed::CallResource(token) => {
                // What is right about a token that no one issued is one that someone did.
                let token = if token == Token::Unknown { Token::Access } else { token };
                let mut request = request::resource(&self.endpoint(Endpoint::Resource)?).bearer(&self.token(token)?);
                // What was wrong with a body is put right in the header, by the same method: only so does the body make the difference.
                let posted = self.heard()?.request.method == Method::Post;
                if posted {
                    request.method = Method::Post;
                }
                self.send(request).await;
                let heard = self.heard()?;
                match heard.outcome.as_ref().map(|response| response.status) {
                    Ok(status @ (404 | 405 | 415 | 501)) if posted => {
                        Err(Halt::NotApplicable(format!("the resource takes no POST: status {status}")))
                    }
                    Ok(_) | Err(_) => judge::succeeds(heard, "status 200").map(|_| ()).map_err(Halt::from),
                }
            }
        }
    }
}
